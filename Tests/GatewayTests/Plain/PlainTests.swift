// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing
import Threads

@testable import Gateway

struct PlainTests {
    private func last(_ driver: FakeDriver) throws -> PlainRequest {
        try #require(driver.seen.withLock { $0.plain.last ?? $0.sent.last })
    }

    @Test func bodyAndPropertiesReachTheMessage() throws {
        let driver = FakeDriver()
        let fields = [
            ("Content-Type", "application/x-thing; a=b"), ("Content-Encoding", "utf-8"), ("Amqp-Priority", "9"),
            ("Amqp-Type", "größe"), ("Amqp-Message-Id", "m 1"), ("Amqp-App-Id", "app"),
            ("Amqp-Timestamp", "1700000000"),
            ("Amqp-Delivery-Mode", "1"), ("Amqp-Headers", #"{"a": 1.0, "é": [true, null], "b": "x"}"#),
            ("Rpc-Timeout", "2"),
        ]
        let body: [UInt8] = [0, 255, 13, 10, 0]
        let answer = TestGateway(driver).send("POST", "/-/amqp/-/rpc_queue", fields, body)
        #expect(Array(try answer.get().body) == body)
        let request = try last(driver)
        #expect(request.exchange == "" && request.routingKey == "rpc_queue" && request.timeout == .seconds(2))
        let expected = PlainMessage(
            body: body,
            contentType: "application/x-thing; a=b",
            contentEncoding: "utf-8",
            headers: [
                .init(name: "a", value: try JSONText("1.0")), .init(name: "é", value: try JSONText("[true, null]")),
                .init(name: "b", value: try JSONText("\"x\"")),
            ],
            isPersistent: false,
            priority: 9,
            messageID: "m 1",
            type: "größe",
            appID: "app",
            timestamp: 1_700_000_000
        )
        #expect(request.message == expected)
    }

    @Test func aMessageWithoutFieldsIsBare() throws {
        let driver = FakeDriver()
        let answer = TestGateway(driver).send("POST", "/-/amqp/logs/a.b:cast", [])
        #expect(try answer.status() == 202)
        #expect(try last(driver).message == PlainMessage(body: []))
        #expect(driver.seen.withLock { $0.sent.count } == 1)
    }

    @Test(arguments: [
        ("/-/amqp/x/y", "x", "y"), ("/-/amqp/%2D/y", "", "y"), ("/-/amqp/-/-?exchange=-", "-", "-"),
        ("/-/amqp/x/-?routing_key=", "x", ""), ("/-/amqp/x/-?routing_key=a:cast", "x", "a:cast"),
        ("/-/amqp/-/-?exchange=e&routing_key=k%2Fk", "e", "k/k"),
    ])
    func everyExchangeAndRoutingKeyCanBeNamed(_ path: String, _ exchange: String, _ routingKey: String) throws {
        let driver = FakeDriver()
        #expect(try TestGateway(driver).send("POST", path).status() == 200)
        let request = try last(driver)
        #expect((request.exchange, request.routingKey) == (exchange, routingKey))
    }

    @Test(arguments: [
        "/-/amqp/x/y?exchange=z", "/-/amqp/x/y?routing_key=z", "/-/amqp/x/y?a=1",
        "/-/amqp/x/-?routing_key=a&routing_key=b", "/-/amqp/x/" + String(repeating: "k", count: 256),
        "/-/amqp/" + String(repeating: "k", count: 256) + "/x",
    ])
    func otherNamesAreRefused(_ path: String) throws {
        #expect(try TestGateway(FakeDriver()).send("POST", path).status() == 400)
    }

    @Test(arguments: [
        ("Amqp-Priority", "10"), ("Amqp-Priority", "-1"), ("Amqp-Priority", ""), ("Amqp-Delivery-Mode", "3"),
        ("Amqp-Delivery-Mode", "0"), ("Amqp-Timestamp", "now"), ("Amqp-Timestamp", "99999999999999999999"),
        ("Amqp-Headers", "[]"), ("Amqp-Headers", "{"), ("Amqp-Headers", #"{"a":1,"a":2}"#),
        ("Amqp-Headers", "{\"" + String(repeating: "n", count: 256) + "\":1}"),
        ("Amqp-Headers", #"{"a":9223372036854775808}"#), ("Amqp-Headers", #"{"a":-9223372036854775809}"#),
        ("Amqp-Headers", #"{"a":{"b":[1,123456789012345678901234567890]}}"#), ("Amqp-Headers", #"{"a":1e999}"#),
        ("Amqp-Headers", #"{"a":1,"\ud800":2}"#), ("Amqp-Headers", #"{"a":1,"b":"\udc00"}"#),
        ("Amqp-Headers", #"{"a":"# + String(repeating: "[", count: 17) + String(repeating: "]", count: 17) + "}"),
        ("Amqp-Headers", #"{"a":{"b":"\ud800x"}}"#), ("Amqp-Headers", #"{"a":[{"\ud800":1}]}"#),
        ("Amqp-Headers", "{" + (0..<300).map { "\"\($0)\":0" }.joined(separator: ",") + "}"),
        ("Amqp-Type", String(repeating: "n", count: 256)), ("Content-Type", String(repeating: "n", count: 256)),
        ("Rpc-Timeout", "0"),
    ])
    func aWrongFieldIsNamed(_ name: String, _ value: String) throws {
        let answer = TestGateway(FakeDriver()).send("POST", "/-/amqp/x/y", [(name, value)])
        #expect(try answer.status() == 400)
        #expect(try answer.body().contains("\"detail\":\"\(name): "))
    }

    @Test(arguments: [
        "Amqp-Priority", "Amqp-Type", "Amqp-Headers", "Amqp-Message-Id", "Amqp-App-Id", "Amqp-Timestamp",
        "Amqp-Delivery-Mode", "Content-Type", "Content-Encoding",
    ])
    func aFieldGivenTwiceIsRefused(_ name: String) throws {
        let answer = TestGateway(FakeDriver()).send("POST", "/-/amqp/x/y", [(name, "1"), (name, "1")])
        #expect(try answer.status() == 400)
    }

    @Test func failuresSayWhereTheMessageWent() throws {
        let driver = FakeDriver(plain: { _ in .failure(MessagingError(.undeliverable, "no route", stage: .publish)) })
        let answer = TestGateway(driver).send("POST", "/-/amqp/-/nowhere")
        #expect(try answer.status() == 503)
        #expect(try answer.body().contains(#""amqp":{"exchange":"","routing_key":"nowhere"}"#))
    }

    @Test func itCanBeSwitchedOff() throws {
        let answer = TestGateway(FakeDriver()) { $0.acceptsPlainAMQP = false }.send("POST", "/-/amqp/x/y")
        #expect(try answer.code() == "forbidden")
    }

    @Test(arguments: [
        ("http://a:1", "a:1", 200), ("https://a", "a", 200), ("http://b:1", "a:1", 403), ("null", "a", 403),
        ("http://a:1.evil", "a:1", 403),
    ])
    func pagesOfOtherOriginsAreRefused(_ origin: String, _ host: String, _ status: Int) throws {
        let fields = [("Origin", origin), ("Host", host)]
        #expect(try TestGateway(FakeDriver()).send("POST", "/-/amqp/x/y", fields).status() == status)
    }

    @Test func aTransportThatCannotSaysSo() throws {
        #expect(try TestGateway(PoorDriver()).send("POST", "/-/amqp/x/y").status() == 501)
    }
}
