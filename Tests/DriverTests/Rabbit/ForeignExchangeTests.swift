// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

/// Plain requests reach whatever exchange a caller names; none of them may hurt other callers' messages.
@Suite(.timeLimit(.minutes(1)), .enabled(if: DriverKind.available.contains(.rabbit)))
struct ForeignExchangeTests {
    private func plain(_ bench: Bench, _ exchange: String, headers: [PlainMessage.Header] = []) -> PlainRequest {
        let message = PlainMessage(body: [1], headers: headers)
        return PlainRequest(exchange: exchange, routingKey: bench.topic, message: message, timeout: .seconds(20))
    }

    @Test func wrongExchangesHurtNoOtherCall() async throws {
        try await Bench.run(.rabbit) { bench in
            try await bench.serve { .result($0.arguments ?? .null) }
            try await withThrowingTaskGroup { group in
                for number in 0..<300 {
                    group.addTask { _ = try await bench.driver.call(bench.request()) }
                    group.addTask {
                        let request = plain(bench, "none-\(number % 7)")
                        let failure = await code { () throws(MessagingError) in try await bench.driver.send(request) }
                        #expect(failure == .undeliverable || failure == .overloaded)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func theBrokersOwnExchangesRoute() async throws {
        try await Bench.run(.rabbit) { bench in
            for exchange in ["amq.direct", "amq.topic", "amq.fanout"] {
                let failure = await code { () throws(MessagingError) in
                    try await bench.driver.send(plain(bench, exchange))
                }
                #expect(failure == .undeliverable)
            }
            let internalExchange = await code { () throws(MessagingError) in
                try await bench.driver.send(plain(bench, "amq.rabbitmq.trace"))
            }
            #expect(internalExchange == .brokerConfiguration)
        }
    }

    @Test func headersThatTheBrokerWouldRefuseAreRefusedHere() async throws {
        try await Bench.run(.rabbit) { bench in
            let wrong = [("CC", "7"), ("BCC", #"["a", 7]"#), (String(repeating: "n", count: 200), "1")]
            for (name, value) in wrong {
                let header = PlainMessage.Header(name: name, value: try JSONText(value))
                let failure = await code { () throws(MessagingError) in
                    try await bench.driver.send(plain(bench, "", headers: [header]))
                }
                #expect(failure == .invalidRequest)
            }
        }
    }

    @Test func aSecondReceiverGetsACopy() async throws {
        try await Bench.run(.rabbit) { bench in
            let seen = Channel<[UInt8]>()
            let (first, second) = (bench.topic, bench.topic + ".copy")
            for queue in [first, second] {
                let listener = try bench.driver.makePlainListener(on: queue) { message in
                    if message.acknowledge() { seen.send(message.message.body) }
                }
                listener.start()
                try await listener.waitUntilConsuming(deadline: bench.soon)
            }
            let header = PlainMessage.Header(name: "CC", value: try JSONText(#"["\#(second)"]"#))
            try await bench.driver.send(plain(bench, "", headers: [header]))
            #expect(await seen.next(2) == [[1], [1]])
        }
    }
}
