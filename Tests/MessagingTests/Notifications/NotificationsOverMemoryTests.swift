// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing
import Threads

/// Notifier and listener with each other, over the memory driver.
@Suite(.timeLimit(.minutes(1)))
struct NotificationsOverMemoryTests {
    private let driver: MemoryDriver
    private let log = Log()
    private let gate = Gate()

    init() throws { driver = try MemoryDriver() }

    private var later: Moment { .now.advanced(by: .seconds(30)) }

    private func listening(
        _ endpoint: NotificationEndpoint,
        _ configuration: NotificationListenerConfiguration = NotificationListenerConfiguration()
    ) async throws -> NotificationListener {
        let listener = NotificationListener(driver: driver, endpoints: [endpoint], configuration: configuration)
        try listener.start()
        try await listener.waitUntilConsuming(deadline: later)
        return listener
    }

    private func noting(_ name: String) -> NotificationEndpoint {
        NotificationEndpoint()
            .on(.info, .error) { [log, gate] notification in
                log.write("\(name) \(notification.priority) \(notification.eventType) \(notification.payload.string)")
                await gate.pass()
            }
    }

    @Test func whatIsNotifiedIsHeard() async throws {
        gate.open()
        let listener = try await listening(noting("l"))
        let notifier = Notifier(driver: driver, publisherID: "p")
        try await notifier.notify(.info, "a", ["n": 1])
        try await notifier.notify(.error, "b", "text")
        await gate.arrived(2)
        await listener.wait(deadline: later)
        #expect(Set(log.lines) == [#"l info a {"n":1}"#, #"l error b "text""#])
    }

    @Test func whatCameBeforeAnybodyListenedIsHeard() async throws {
        gate.open()
        try await Notifier(driver: driver, publisherID: "p").notify(.info, "early")
        let listener = try await listening(noting("l"))
        await gate.arrived(1)
        await listener.wait(deadline: later)
        #expect(log.lines == ["l info early {}"])
    }

    @Test func everyPoolGetsACopy() async throws {
        gate.open()
        let plain = try await listening(noting("plain"))
        let pooled = try await listening(noting("pooled"), NotificationListenerConfiguration(pool: "audit"))
        try await Notifier(driver: driver, publisherID: "p").notify(.info, "a")
        await gate.arrived(2)
        await plain.wait(deadline: later)
        await pooled.wait(deadline: later)
        #expect(log.lines.sorted() == ["plain info a {}", "pooled info a {}"])
    }

    @Test func whatWasPutBackComesAgain() async throws {
        gate.open()
        let endpoint = NotificationEndpoint()
            .on(.info) { [log, gate] _ in
                log.write("seen")
                await gate.pass()
                return log.lines.count < 3 ? .requeue : .handled
            }
        let configuration = NotificationListenerConfiguration(allowsRequeue: true, requeueDelay: .milliseconds(1))
        let listener = try await listening(endpoint, configuration)
        try await Notifier(driver: driver, publisherID: "p").notify(.info, "a")
        await gate.arrived(3)
        await listener.wait(deadline: later)
        #expect(log.lines == ["seen", "seen", "seen"])
    }

    @Test func aListenerThatStopsLeavesTheRestToTheNext() async throws {
        let first = try await listening(noting("first"), NotificationListenerConfiguration(executor: .tasks(1)))
        let notifier = Notifier(driver: driver, publisherID: "p")
        for number in 0..<20 { try await notifier.notify(.info, "\(number)") }
        await gate.arrived(1)
        await first.stop(deadline: later)
        gate.open()
        await first.wait(deadline: later)
        let second = try await listening(noting("second"))
        await gate.arrived(20)
        await second.wait(deadline: later)
        #expect(log.lines.count { $0.hasPrefix("first") } == 1)
        #expect(Set(log.lines.map { $0.split(separator: " ")[2] }).count == 20 && log.lines.count == 20)
    }
}
