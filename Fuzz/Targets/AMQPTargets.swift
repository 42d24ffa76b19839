// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Names
import Threads

@testable import AMQP

/// A field table, or the properties of a content header.
enum TableTarget {
    static func run(_ input: [UInt8]) throws(Finding) {
        input.withUnsafeBytes { bytes in
            var decoder = PropertiesDecoder()
            _ = try? decoder.decode(bytes)
        }
        guard let table = decode(input), table.isEncodable else { return }
        var written: [UInt8] = []
        written.append(table: table)
        guard let again = decode(written) else { throw Finding("our own table cannot be read") }
        var rewritten: [UInt8] = []
        rewritten.append(table: again)
        // Bytes, not values: NaN is not equal to itself.
        guard written == rewritten else { throw Finding("our own table is read as another one") }
    }

    private static func decode(_ bytes: [UInt8]) -> FieldTable? {
        bytes.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            return try? reader.table()
        }
    }
}

/// What a broker sends on an open connection with two channels.
enum FramesTarget {
    /// Reads on a loop that turns, as a connection does: what one leaves in its inbox would hold it for ever otherwise.
    static func run(_ input: [UInt8]) throws(Finding) {
        guard let loop = try? EventLoop.shared(), let end = try? WakeUp() else { throw Finding("no loop") }
        let finding = Guarded<Finding?>(nil)
        loop.execute {
            do throws(Finding) { try read(input, on: loop) } catch { finding.withLock { $0 = error } }
            end.signal()
        }
        end.wait()
        if let finding = finding.withLock({ $0 }) { throw finding }
    }

    private static func read(_ input: [UInt8], on loop: EventLoop) throws(Finding) {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends) == 0 else {
            throw Finding("no pair of sockets")
        }
        defer { close(ends[1]) }
        // The library takes its sizes behind a first frame, as in a handshake. What does not fit the socket is not read.
        let first: [UInt8] = [1, 0, 1, 0, 0, 0, 8, 0, 20, 0, 11, 0, 0, 0, 0, 0xCE]
        _ = (first + input).withUnsafeBytes { send(ends[1], $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        shutdown(ends[1], Int32(SHUT_WR))
        guard let transport = try? Transport(socket: ends[0]) else { throw Finding("no transport") }
        transport.releaseFrames()
        guard case .frame = transport.readFrame(),
            (try? transport.tune(channelMaximum: 2, frameMaximum: 131_072)) != nil
        else { throw Finding("not tuned") }
        let candidates = BrokerCandidates([ConnectionConfiguration(heartbeat: .zero)])
        let logger = Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() })
        let core = ConnectionCore(candidates, loop: loop, home: loop, logger: logger)
        core.transport = transport
        core.phase = .open
        core.channels = [1, 2].map { ChannelCore(number: $0, maximumBodyBytes: 1 << 20) }
        core.send(.basicQos(prefetchCount: 1), on: core.channels[0])
        core.send(.queueDeclare(QueueDeclaration(name: "q")), on: core.channels[0])
        // Each of them reads at least a frame, and the end ends the connection.
        for _ in 0...input.count where core.phase != .finished {
            core.enter { () throws(AMQPError) in try core.readFrames(isReadable: true) }
        }
        guard core.phase == .finished else { throw Finding("the end of the stream was not noticed") }
    }
}
