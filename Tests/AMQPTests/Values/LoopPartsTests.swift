// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing
import Threads

@testable import AMQP

struct HeartbeatMonitorTests {
    private let start = Moment.now

    @Test func sendsAfterHalfAnIntervalOfSilence() {
        var monitor = HeartbeatMonitor(interval: .seconds(10), now: start)
        #expect(monitor.action(at: start + .seconds(4)) == .nothing)
        #expect(monitor.action(at: start + .seconds(5)) == .send)
        monitor.didSend(at: start + .seconds(5))
        #expect(monitor.action(at: start + .seconds(6)) == .nothing)
        #expect(monitor.nextInstant == start + .seconds(10))
    }

    @Test func declaresDeadAfterTwoIntervalsWithoutInput() {
        var monitor = HeartbeatMonitor(interval: .seconds(10), now: start)
        monitor.didReceive(at: start + .seconds(3))
        #expect(monitor.action(at: start + .milliseconds(22_999)) == .send)
        #expect(monitor.action(at: start + .seconds(23)) == .declareDead)
    }

    @Test func zeroTurnsItOff() {
        let monitor = HeartbeatMonitor(interval: .zero, now: start)
        #expect(monitor.action(at: start + .seconds(9999)) == .nothing)
        #expect(monitor.nextInstant == nil)
    }
}

struct DeliveryTagTranslationTests {
    @Test func tagsOfAnEarlierChannelAreRecognised() {
        var tags = DeliveryTagTranslation()
        let first = [tags.outward(1), tags.outward(2)]
        #expect(first == [1, 2])
        tags.reset()
        let next = tags.outward(1)
        #expect(next == 3)
        #expect(tags.inward(2) == nil)
        #expect(tags.inward(next) == 1)
        #expect(tags.inward(4) == nil)
    }
}

struct OutputBufferTests {
    @Test func positionsCountTheWholeStream() {
        var buffer = OutputBuffer()
        buffer.write { $0 += [1, 2, 3, 4] }
        buffer.consume(3)
        #expect(buffer.sentPosition == 3)
        #expect(buffer.endPosition == 4)
        buffer.consume(1)
        buffer.write { $0 += [5, 6, 7] }
        buffer.remove(5..<6)
        #expect(Array(buffer.bytes[buffer.head...]) == [5, 7])
    }

    @Test func partlySentOutputDoesNotGrowForEver() {
        var buffer = OutputBuffer()
        for _ in 0..<10_000 {
            buffer.write { $0 += [UInt8](repeating: 0, count: 1001) }
            buffer.consume(1000)
        }
        #expect(buffer.bytes.count < 12_000_000 / 4)
        #expect(buffer.pendingBytes == 10_000)
    }
}

struct ConnectionConfigurationTests {
    @Test func passwordIsNeverShown() {
        let configuration = ConnectionConfiguration(password: "s3cret")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration)".contains("s3cret"))
        #expect(!String(reflecting: configuration).contains("s3cret"))
        #expect(!dumped.contains("s3cret"))
    }

    @Test func clientPropertiesNameTheCapabilities() {
        let properties = ConnectionConfiguration(connectionName: "n").clientProperties
        #expect(properties["product"] == "rpc-gateway")
        #expect(properties["connection_name"] == "n")
        guard case .table(let capabilities)? = properties["capabilities"] else {
            Issue.record("no table")
            return
        }
        #expect(capabilities.entries.count == 5)
        #expect(capabilities.entries.allSatisfy { $0.value == true })
    }

    @Test(arguments: [
        (Duration.zero, UInt16(0)), (.milliseconds(10), 1), (.seconds(60), 60), (.seconds(99_999), 65_535),
    ])
    func heartbeatIsAnnouncedInWholeSeconds(heartbeat: Duration, seconds: UInt16) {
        #expect(ConnectionConfiguration(heartbeat: heartbeat).heartbeatSeconds == seconds)
    }
}
