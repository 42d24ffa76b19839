// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Foundation
import Messaging
import Names
import Testing

@testable import RabbitDriver

/// What a server takes and what it rejects, against how real oslo.messaging servers reacted to the same deliveries.
struct MessageBodyTests {
    struct Input: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var delivery: Delivery
        var isTaken: Bool
        var isExecuted: Bool
        var answersCall: Bool
    }

    private static let inputs: [Input] = (try? readInputs()) ?? []

    @Test func theWholeMatrixIsThere() { #expect(Self.inputs.count == 49) }

    @Test(arguments: inputs)
    func deliveriesAreTakenAndRejectedAsPythonDoes(_ input: Input) throws {
        let request: IncomingRequest
        do throws(UnreadableMessage) {
            request = try MessageBody.request(input.delivery, maximumBytes: 1 << 20)
        } catch {
            #expect(!input.isTaken, "\(error.reason)")
            return
        }
        #expect(input.isTaken)
        if input.isExecuted { #expect(request.method?.stringValue != nil) }
        if input.answersCall { #expect(request.isCall && request.replyQueue.hasPrefix("reply_")) }
    }

    private static func readInputs() throws -> [Input] {
        let objects = try #require(try MethodCapture.json("server_input_matrix") as? [[String: Any]])
        return try objects.map { object in
            let outcome = try #require(object["outcome"] as? [String: Any])
            return Input(
                testDescription: object["case"] as? String ?? "",
                delivery: delivery(object),
                isTaken: outcome["settled"] as? [String] == ["ack"],
                isExecuted: (outcome["executed"] as? [String])?.isEmpty == false,
                answersCall: (outcome["replies"] as? [Any])?.isEmpty == false
            )
        }
    }

    private static func delivery(_ object: [String: Any]) -> Delivery {
        let properties = object["properties"] as? [String: String] ?? [:]
        let headers = object["headers"] as? [String: String] ?? [:]
        let body =
            (object["body_hex"] as? String).map(bytes) ?? Array((object["body_utf8"] as? String ?? "").utf8)
        return Delivery(
            consumerTag: "1",
            deliveryTag: 1,
            isRedelivered: false,
            exchange: "openstack",
            routingKey: "topic",
            properties: Properties(
                contentType: properties["content_type"],
                contentEncoding: properties["content_encoding"],
                headers: FieldTable(entries: headers.map { .init(key: $0.key, value: .string($0.value)) })
            ),
            body: body
        )
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
}
