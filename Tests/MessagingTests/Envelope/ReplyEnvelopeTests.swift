// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

struct ReplyEnvelopeTests {
    @Test(arguments: [
        "call_reply", "call_reply_context", "call_reply_null", "call_reply_object", "call_reply_types",
        "call_reply_unicode", "ping_reply", "reply_after_heartbeat",
    ])
    func opensPythonsReplies(_ name: String) throws {
        let vector = try Vector(name)
        let reply = try ReplyEnvelope(vector.body)
        let members = try #require(try JSONText(vector.inner).members)
        #expect(reply.result == members.first { $0.key == "result" }?.value)
        #expect(reply.messageID?.hexadecimal == (try vector.identifier("_msg_id")))
        #expect(reply.failure == nil)
        #expect(reply.isEnding)
        #expect(!reply.isHeartbeat)
    }

    @Test func knowsAHeartbeat() throws {
        #expect(try ReplyEnvelope(Vector("reply_heartbeat").body).isHeartbeat)
    }

    @Test(arguments: [
        "failure_bad_arguments", "failure_custom_args", "failure_custom_kwargs", "failure_custom_quota",
        "failure_custom_unicode", "failure_expected", "failure_key_error", "failure_no_such_method",
        "failure_unknown_namespace", "failure_unsupported_version", "failure_value_error",
    ])
    func decodesPythonsFailures(_ name: String) throws {
        let vector = try Vector(name)
        guard case .exception(let remote) = try ReplyEnvelope(vector.body).failure else {
            Issue.record("the failure is not read")
            return
        }
        let text = try #require(try JSONText(vector.inner).members?.first { $0.key == "failure" }?.value.stringValue)
        let members = try #require(try JSONText(text).members)
        #expect(remote.className == members[0].value.stringValue)
        #expect(remote.module == members[1].value.stringValue)
        #expect(remote.message == members[2].value.stringValue)
        #expect(remote.traceback == members[3].value.elements?.map { $0.stringValue ?? "" })
        #expect(remote.arguments == members[4].value)
        #expect(remote.keywordArguments == members[5].value)
        #expect(remote.encoded == Array(try JSONText(text).bytes) || text.contains("\\u"))
    }

    @Test(arguments: ["\"2.1\"", "\"2.0.1\"", "\"1.0\"", "\"3.0\"", "2.0"])
    func refusesOtherEnvelopeVersions(_ version: String) {
        let body = Array(#"{"oslo.version": \#(version), "oslo.message": "{}"}"#.utf8)
        #expect(throws: ReplyEnvelopeError.self) { try ReplyEnvelope(body) }
    }

    @Test func aBodyWithoutEnvelopeIsTheMessage() throws {
        let id = UniqueID()
        let body = #"{"result": [1.0], "failure": null, "ending": true, "_msg_id": "\#(id.hexadecimal)"}"#
        let reply = try ReplyEnvelope(Array(body.utf8))
        #expect(reply.result.string == "[1.0]")
        #expect(reply.messageID == id)
    }

    @Test func aReplyWithNaNIsRefusedAndItsCallIsKnown() throws {
        let id = UniqueID()
        let inner = #"{\"result\": NaN, \"failure\": null, \"ending\": true, \"_msg_id\": \"\#(id.hexadecimal)\"}"#
        let body = Array(#"{"oslo.version": "2.0", "oslo.message": "\#(inner)"}"#.utf8)
        do throws(ReplyEnvelopeError) {
            _ = try ReplyEnvelope(body)
            Issue.record("a reply that is not JSON was accepted")
        } catch {
            #expect(error.messageID == id)
            #expect(error.reason.contains("NaN"))
        }
    }

    @Test func pythonsExtensionsAreRefused() throws {
        #expect(throws: ReplyEnvelopeError.self) { try ReplyEnvelope(Vector("call_reply_python_json").body) }
    }

    @Test func aNameThatIsTooLongIsNone() throws {
        let longest = String(repeating: "C", count: RemoteError.maximumNameBytes - 2)
        func error(_ name: String) throws -> RemoteError {
            try RemoteError(
                failure: Array(#"{"class": "\#(name)", "module": "\#(name)", "message": "\#(name)C"}"#.utf8)
            )
        }
        #expect(try error(longest) == RemoteError(module: longest, className: longest, message: longest + "C"))
        #expect(try error(longest + "C") == RemoteError(module: "", className: "", message: longest + "CC"))
    }

    @Test func garbageIsNeverACrash() {
        var random = SystemRandomNumberGenerator()
        let text = Array(#"{"oslo.version": "2.0", "oslo.message": "{\"_msg_id\": \"00\", \"failure\": \"{}\"}"}"#.utf8)
        for _ in 0..<20_000 {
            var changed = text
            for _ in 0..<3 {
                changed[.random(in: changed.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            _ = try? ReplyEnvelope(Array(changed.prefix(.random(in: 0...changed.count, using: &random))))
        }
    }
}
