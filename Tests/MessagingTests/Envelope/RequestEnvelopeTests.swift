// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

struct RequestEnvelopeTests {
    private func hexadecimal(_ text: String) throws -> UniqueID {
        let bytes = Array(text.utf8)
        let identifier = UniqueID(hexadecimal: bytes.span, 0..<bytes.count)
        return try #require(identifier)
    }

    /// The body that we write for the call of a capture, with the capture's identifiers.
    private func encoded(_ vector: Vector, _ request: RPCRequest, isCall: Bool) throws -> String {
        let unique = try hexadecimal(vector.identifier("_unique_id"))
        let reply =
            isCall
            ? RequestEnvelope.Reply(
                messageID: try hexadecimal(vector.identifier("_msg_id")),
                queue: try vector.identifier("_reply_q")
            ) : nil
        return String(decoding: RequestEnvelope.encode(request, uniqueID: unique, reply: reply), as: UTF8.self)
    }

    /// What stands after `"args": ` in a capture, up to the next key of the message.
    private func arguments(_ vector: Vector) throws -> JSONText {
        let object = try JSONText(vector.inner)
        return try #require(object.members?.first { $0.key == "args" }?.value)
    }

    private func request(_ vector: Vector) throws -> RPCRequest {
        let members = try #require(try JSONText(vector.inner).members)
        var request = RPCRequest(target: Target(topic: "probe"), method: "", timeout: .seconds(60))
        for (key, value) in members {
            switch key {
            case "method": request.method = try #require(value.stringValue)
            case "args": request.arguments = value
            case "namespace": request.target.namespace = value.stringValue
            case "version": request.target.version = value.stringValue
            case "_timeout": request.callMonitorTimeout = Int(value.string).map { .seconds($0) }
            case _ where key.hasPrefix("_context_"): request.context.set(String(key.dropFirst(9)), value)
            default: break
            }
        }
        return request
    }

    @Test(arguments: [
        "call_request", "call_request_context", "call_request_mandatory", "call_request_monitor",
        "call_request_namespace_version", "call_request_null_reply", "call_request_retry_zero", "call_request_server",
        "call_request_timeout_fraction", "call_request_types", "call_request_unicode", "ping_request",
    ])
    func callsEqualPythonsByteForByte(_ name: String) throws {
        let vector = try Vector(name)
        #expect(try encoded(vector, request(vector), isCall: true) == String(decoding: vector.body, as: UTF8.self))
    }

    @Test(arguments: ["cast_request", "cast_request_server", "cast_request_mandatory", "fanout_request"])
    func castsEqualPythonsByteForByte(_ name: String) throws {
        let vector = try Vector(name)
        #expect(try encoded(vector, request(vector), isCall: false) == String(decoding: vector.body, as: UTF8.self))
    }

    @Test func argumentBytesAreEscapedOnceAndOtherwiseUntouched() throws {
        let arguments = "{ \"n\" : 12345678901234567890123456789012345678901, \"x\":1.0,\n\"s\":\"\\\"\\u00e9é\\\\\"}"
        var request = RPCRequest(target: Target(topic: "t"), method: "m", timeout: .seconds(1))
        request.arguments = try JSONObject.arguments(Array(arguments.utf8))
        let body = RequestEnvelope.encode(request, uniqueID: UniqueID(), reply: nil)
        let outer = try #require(try JSONText(body).members)
        #expect(outer.map(\.key) == ["oslo.version", "oslo.message"])
        #expect(outer[0].value.string == "\"2.0\"")
        let inner = try #require(outer[1].value.stringValue)
        #expect(inner.hasPrefix("{\"method\": \"m\", \"args\": \(arguments), \"_unique_id\": \""))
    }

    @Test func aFractionalMonitorIsAFloat() throws {
        var request = RPCRequest(target: Target(topic: "t"), method: "m", timeout: .seconds(9))
        request.callMonitorTimeout = .milliseconds(2500)
        let reply = RequestEnvelope.Reply(messageID: UniqueID(), queue: "reply_q")
        let body = String(decoding: RequestEnvelope.encode(request, uniqueID: UniqueID(), reply: reply), as: UTF8.self)
        #expect(body.contains(#"\"_timeout\": 2.5, "#))
    }
}
