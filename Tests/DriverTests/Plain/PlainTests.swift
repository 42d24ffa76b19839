// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PlainTests {
    @Test(arguments: DriverKind.available)
    func bodiesAndPropertiesPassUntouched(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let seen = Channel<PlainMessage>()
            _ = try await bench.servePlain { message in
                seen.send(message.message)
                return message.message
            }
            let message = PlainMessage(
                body: [0, 255, 0xce, 0x7b],
                contentType: "application/x-own",
                contentEncoding: "none",
                headers: [
                    .init(name: "s", value: try JSONText(#""ü""#)), .init(name: "n", value: try JSONText("7")),
                    .init(name: "t", value: try JSONText(#"{"a": [true, null, 1.5]}"#)),
                ],
                priority: 3,
                messageID: "id",
                type: "t",
                appID: "app",
                timestamp: 1_700_000_000
            )
            let reply = try await bench.driver.request(bench.plain(message))
            #expect(reply.message == message)
            #expect(try await seen.next() == message)
            let empty = try await bench.driver.request(bench.plain(PlainMessage(body: [], isPersistent: false)))
            #expect(empty.message == PlainMessage(body: [], isPersistent: false))
        }
    }

    @Test(arguments: DriverKind.available)
    func aMessageThatNobodyAnswersIsOnlySent(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let (seen, replied) = (Channel<[UInt8]>(), Channel<Bool>())
            let listener = try bench.driver.makePlainListener(on: bench.topic) { message in
                guard message.acknowledge() else { return }
                seen.send(message.message.body)
                message.reply(message.message) { result in replied.send((try? result.get()) != nil) }
            }
            listener.start()
            try await listener.waitUntilConsuming(deadline: bench.soon)
            try await bench.driver.send(bench.plain(PlainMessage(body: [1])))
            #expect(try await seen.next() == [1])
            #expect(try await replied.next())
        }
    }

    @Test(arguments: DriverKind.available)
    func withoutAQueueOrExchangeItIsUndeliverable(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            for exchange in ["", "\(bench.topic)-exchange"] {
                let request = bench.plain(PlainMessage(body: [1]), exchange: exchange)
                let call = await code { () throws(MessagingError) in _ = try await bench.driver.request(request) }
                #expect(call == .undeliverable)
                let cast = await code { () throws(MessagingError) in try await bench.driver.send(request) }
                #expect(cast == .undeliverable)
            }
        }
    }

    @Test(arguments: DriverKind.available)
    func silenceEndsAtTheTimeout(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            _ = try await bench.servePlain { _ in nil }
            let request = bench.plain(PlainMessage(body: [1]), timeout: .milliseconds(300))
            let failure = await code { () throws(MessagingError) in _ = try await bench.driver.request(request) }
            #expect(failure == .timeout)
        }
    }

    @Test(arguments: DriverKind.available)
    func callsAndPlainRequestsShareTheReplyQueue(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let plain = Bench(driver: bench.driver)
            _ = try await plain.servePlain { $0.message }
            try await bench.serve { .result($0.arguments ?? .null) }
            try await withThrowingTaskGroup { group in
                for number in 0..<100 {
                    group.addTask {
                        let text = #"{"n": \#(number)}"#
                        let reply = try await bench.driver.call(bench.request(nil, "echo", JSONText(text)))
                        #expect(reply.result.string == text)
                    }
                    group.addTask {
                        let message = PlainMessage(body: Array("\(number)".utf8), contentType: "application/json")
                        let reply = try await plain.driver.request(plain.plain(message))
                        #expect(reply.message == message)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: DriverKind.available)
    func aRequestThatIsGivenBackComesAgain(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let held = Channel<any IncomingPlainMessage>()
            let listener = try bench.driver.makePlainListener(on: bench.topic) { held.send($0) }
            listener.start()
            try await listener.waitUntilConsuming(deadline: bench.soon)
            let request = bench.plain(PlainMessage(body: [7]))
            let call = Task { try await bench.driver.request(request) }
            try await held.next().requeue()
            let again = try await held.next()
            #expect(again.acknowledge())
            again.reply(PlainMessage(body: [8])) { _ in }
            #expect(try await call.value.message.body == [8])
        }
    }
}

extension Bench {
    fileprivate func plain(
        _ message: PlainMessage,
        exchange: String = "",
        timeout: Duration = .seconds(20)
    ) -> PlainRequest {
        PlainRequest(exchange: exchange, routingKey: topic, message: message, timeout: timeout)
    }

    fileprivate func servePlain(
        _ answer: @escaping @Sendable (any IncomingPlainMessage) -> PlainMessage?
    ) async throws -> any Listener {
        let listener = try driver.makePlainListener(on: topic) { message in
            guard message.acknowledge(), let reply = answer(message) else { return }
            message.reply(reply) { _ in }
        }
        listener.start()
        try await listener.waitUntilConsuming(deadline: soon)
        return listener
    }
}
