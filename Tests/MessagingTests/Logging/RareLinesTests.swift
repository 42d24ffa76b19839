// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Logging
import Names
import Testing
import Threads

@testable import Messaging

/// What messages of others can bring about any number of times is told once a minute.
@Suite(.timeLimit(.minutes(1)))
struct RareLinesTests {
    private struct Failure: Error {
        var text: String
    }

    private struct Failing: RPCEndpoint {
        var methods: [RPCMethod] {
            RPCMethod("fail") { _ in throw Failure(text: "with what the caller has sent") }
            RPCMethod("work") { _ in 1 }
        }
    }

    private let recorder = LogRecorder(level: .info)

    @Test func aCauseIsToldOnceAMinuteWithHowOftenItCame() {
        var lines = RareLines<MessageTrouble>()
        let (start, cause) = (Moment.now, MessageTrouble(kind: .duplicate))
        var told: [Int: Int] = [:]
        for second in 0..<180 {
            if let count = lines.note(cause, now: start + .seconds(second)) { told[second] = count }
        }
        #expect(told == [0: 1, 60: 60, 120: 60])
    }

    @Test func whatSendersChooseMakesNoMoreThanItsPlacesOfLines() {
        var lines = RareLines<MessageTrouble>()
        let start = Moment.now
        let told = (0..<1000).compactMap { number in
            lines.note(MessageTrouble(kind: .methodFailed, subject: Name("m\(number)")), now: start)
        }
        #expect(told == Array(repeating: 1, count: 65))
        // Other kinds have their line all the same.
        let other = lines.note(MessageTrouble(kind: .duplicate), now: start)
        #expect(other == 1)
    }

    @Test func aServerTellsOfAThousandMessagesInALineForEachTrouble() async throws {
        let driver = FakeDriver()
        let server = RPCServer(
            driver: driver,
            target: Target(topic: "t", server: "s"),
            endpoints: [Failing()],
            configuration: RPCServerConfiguration(executor: .tasks(1)),
            logger: recorder.logger
        )
        try server.start()
        let full = MessagingError(.brokerRejected, "the queue is full")
        for number in 0..<1000 {
            driver.deliver(FakeMessage(IncomingRequest(method: JSONText(string: "fail"), messageID: "\(number)")))
            driver.deliver(
                FakeMessage(IncomingRequest(method: JSONText(string: "work"), messageID: "r"), replyError: full)
            )
            driver.deliver(FakeMessage(IncomingRequest(method: JSONText(string: "work"), uniqueID: "same")))
        }
        let last = FakeMessage(IncomingRequest(method: JSONText(string: "work"), messageID: "last"))
        driver.deliver(last)
        _ = await last.events(count: 2)
        #expect(await server.wait(deadline: .now.advanced(by: .seconds(50))))
        let troubles = recorder.lines.filter { !$0.hasPrefix("info") }.map { $0.prefix { $0 != "=" } }
        #expect(
            Set(troubles) == [
                "error: method raised an exception exception", "warning: a reply could not be sent message.id",
                "error: a message came twice, the second is dropped unique.id",
            ]
        )
        #expect(troubles.count == 3)
    }

    @Test func aPlainServerTellsOfAThousandMessagesInALine() async throws {
        let driver = try MemoryDriver()
        let server = try PlainRPCServer(driver: driver, queue: "q", logger: recorder.logger) { message in
            throw Failure(text: "\(message.body)")
        }
        server.start()
        let client = PlainRPCClient(driver: driver, timeout: .seconds(20))
        for number in 0..<1000 {
            try await client.cast(routingKey: "q", PlainMessage(body: [UInt8(number % 256)]))
        }
        #expect(await server.stop(deadline: .now.advanced(by: .seconds(50))))
        #expect(recorder.lines.count == 1)
        #expect(recorder.lines.first?.hasPrefix("error: a message of plain RPC got no reply reason=") == true)
        await driver.shutdown(deadline: .now.advanced(by: .seconds(10)))
    }

    @Test func aListenerTellsOfAThousandNotificationsInALineForEachTrouble() async {
        let endpoint = NotificationEndpoint().on(.info) { throw Failure(text: $0.eventType) }
        let dispatcher = NotificationDispatcher(
            endpoints: [endpoint],
            serializer: NoOpSerializer(),
            logger: recorder.logger
        )
        for number in 0..<1000 {
            _ = await dispatcher.dispatch([
                .event("e\(number)"), IncomingNotification(eventType: "e", priority: "p\(number)"),
            ])
        }
        #expect(recorder.lines.count == 2)
        #expect(recorder.lines.first == "warning: a priority is unknown priority=p0")
        #expect(recorder.lines.last?.hasPrefix("error: an endpoint has failed event.type=e0") == true)
    }
}
