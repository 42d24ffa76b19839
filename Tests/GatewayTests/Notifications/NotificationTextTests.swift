// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Names
import SeededRandom
import Testing

@testable import Gateway

@Suite struct NotificationTextTests {
    @Test(arguments: [
        ("a.b", "a.b", true), ("a.b", "a.bc", false), ("a.*", "a.b.c", true), ("*.end", "a.end", true),
        ("*.end", "a.end.x", false), ("a?c", "abc", true), ("a?c", "ac", false), ("*", "", true), ("", "", true),
        ("", "a", false), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxa", false), ("a**b", "ab", true),
    ])
    func globsMatchWholeNames(pattern: String, name: String, matches: Bool) {
        #expect(ShellPattern(pattern, takesSets: false).matches(name) == matches)
    }

    @Test func globsMatchAsTheirDefinitionSays() {
        func defined(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
            guard let first = pattern.first else { return name.isEmpty }
            if first == 0x2a {
                return defined(pattern.dropFirst(), name) || !name.isEmpty && defined(pattern, name.dropFirst())
            }
            guard let byte = name.first, first == 0x3f || first == byte else { return false }
            return defined(pattern.dropFirst(), name.dropFirst())
        }
        var random = SeededRandom(seed: 7)
        for _ in 0..<5_000 {
            let pattern = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                "ab*?".utf8.randomElement(using: &random)!
            }
            let name = (0..<Int.random(in: 0...6, using: &random)).map { _ in "ab".utf8.randomElement(using: &random)! }
            let glob = ShellPattern(String(decoding: pattern, as: UTF8.self), takesSets: false)
            #expect(glob.matches(String(decoding: name, as: UTF8.self)) == defined(pattern[...], name[...]))
        }
    }

    @Test func eventsHaveOneLineAField() {
        let bytes = ServerSentEvent.bytes(id: "1", event: "a\r\ndata: x", data: "{\n\r\u{0}}".utf8)
        #expect(String(decoding: bytes, as: UTF8.self) == "id: 1\nevent: a  data: x\ndata: {   }\n\n")
    }

    @Test(arguments: ["", "a\nb", "a\rb", "a\u{0}b"]) func identifiersThatNoLineCanHoldAreLeftOut(id: String) {
        let bytes = ServerSentEvent.bytes(id: id, event: "", data: "1".utf8)
        #expect(String(decoding: bytes, as: UTF8.self) == "data: 1\n\n")
    }

    @Test func payloadsAndContextsKeepTheirBytes() throws {
        var notification = IncomingNotification(messageID: "m", publisherID: "p\"q", eventType: "é", priority: "info")
        notification.payload = try JSONText(#"{"n": 1.0, "b": 12345678901234567890, "u": "\u00e9"}"#)
        notification.context.set("user_id", try JSONText("\"u\""))
        notification.context.set("auth_token", try JSONText("\"secret\""))
        notification.context.set("roles", try JSONText(#"["a" , "b"]"#))
        let text = String(decoding: NotificationEvent(notification).bytes, as: UTF8.self)
        #expect(text.contains(#""payload":{"n": 1.0, "b": 12345678901234567890, "u": "\u00e9"},"#))
        #expect(text.hasSuffix("\"context\":{\"user_id\":\"u\",\"roles\":[\"a\" , \"b\"]}}\n\n"))
        #expect(!text.contains("secret"))
    }

    @Test func whatIsNoJSONIsGivenAsText() throws {
        let body = Array(#"{"message_id": "m", "payload": {"x": NaN}, "_context_roles": Infinity}"#.utf8)
        let text = String(decoding: NotificationEvent(try IncomingNotification(body)).bytes, as: UTF8.self)
        #expect(text.contains(#""payload":null,"payload_text":"{\"x\": NaN}","#))
        #expect(!text.contains("Infinity"))
    }
}
