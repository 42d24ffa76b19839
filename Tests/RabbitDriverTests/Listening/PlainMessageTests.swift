// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Messaging
import Names
import Testing

@testable import RabbitDriver

struct PlainMessageTests {
    @Test(arguments: [
        (#""text é""#, FieldValue.string("text é")), ("true", .bool(true)), ("false", .bool(false)), ("1", .int32(1)),
        ("-2147483648", .int32(.min)), ("2147483648", .int64(2_147_483_648)), ("1.5", .double(1.5)), ("null", .void),
        (#"[1, "a", [null]]"#, .array([.int32(1), .string("a"), .array([.void])])),
        (
            #"{"k": {"b": true}, "l": []}"#,
            .table(["k": .table(["b": true]), "l": .array([])])
        ),
    ])
    func headersAreTheSameThereAndBack(_ json: String, _ value: FieldValue) throws {
        let text = try JSONText(json)
        #expect(FieldValue(text) == value)
        #expect(value.json == text)
    }

    @Test(arguments: [
        (FieldValue.timestamp(1_700_000_000), "1700000000"), (.bytes([0xff, 0, 1]), #""/wAB""#),
        (.bytes([1]), #""AQ==""#),
        (.double(.nan), "null"), (.double(-.infinity), "null"), (.string("\"\\\u{1}"), #""\"\\\u0001""#),
    ])
    func whatJSONDoesNotKnowBecomesTheNearestThing(_ value: FieldValue, _ json: String) {
        #expect(value.json.string == json)
    }

    @Test(arguments: ["123456789012345678901234567890", "1e3", "-0.0"])
    func otherNumbersAreDoubles(_ text: String) throws {
        #expect(FieldValue(try JSONText(text)) == .double(try #require(Double(text))))
    }

    @Test func theApplicationsPropertiesGoThereAndBack() throws {
        let message = PlainMessage(
            body: [1, 2, 3],
            contentType: "application/x-thing",
            contentEncoding: "br",
            headers: [.init(name: "b", value: try JSONText("1")), .init(name: "a", value: try JSONText(#""x""#))],
            isPersistent: false,
            priority: 3,
            messageID: "id",
            type: "kind",
            appID: "app",
            timestamp: 7
        )
        let properties = Properties(message, correlationID: "c", replyTo: "r")
        #expect(properties.correlationID == "c")
        #expect(properties.replyTo == "r")
        #expect(properties.deliveryMode == 1)
        let delivery = Delivery(
            consumerTag: "1",
            deliveryTag: 1,
            isRedelivered: false,
            exchange: "",
            routingKey: "q",
            properties: properties,
            body: message.body
        )
        #expect(PlainMessage(delivery) == message)
    }

    @Test func withoutHeadersThereIsNoTable() {
        #expect(Properties(PlainMessage(body: [])).headers == nil)
    }
}
