// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import Messaging

/// Requests and replies over generated contents: what is encoded is decoded to the same bytes.
struct EnvelopePropertyTests {
    @Test(arguments: 0..<20) func aRequestIsReadAsItWasWritten(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<100 {
            let request = Self.request(&random)
            let (id, unique) = (UniqueID(), UniqueID())
            let isCall = Bool.random(using: &random)
            let reply = isCall ? RequestEnvelope.Reply(messageID: id, queue: "reply_\(unique.hexadecimal)") : nil
            let body = RequestEnvelope.encode(request, uniqueID: unique, reply: reply)
            let read = try IncomingRequest(body)
            #expect(read.method?.stringValue == request.method)
            #expect(read.arguments?.string == request.arguments.string)
            #expect(read.namespace?.stringValue == request.target.namespace)
            #expect(read.version?.stringValue == request.target.version)
            #expect(read.uniqueID == unique.hexadecimal)
            #expect(read.messageID == (isCall ? id.hexadecimal : nil))
            #expect(read.replyQueue == (reply?.queue ?? ""))
            #expect(Self.entries(read.context) == Self.entries(request.context) + ["client_timeout=null"])
        }
    }

    @Test(arguments: 0..<20) func aReplyIsReadAsItWasWritten(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &+ 1000)
        for _ in 0..<100 {
            let id = UniqueID()
            let value = try JSONText(Self.json(&random, depth: 3))
            let body = OutgoingReply.result(value).body(messageID: id.hexadecimal, uniqueID: UniqueID())
            let read = try ReplyEnvelope(body)
            #expect(read.result.string == value.string)
            #expect(read.messageID == id && read.isEnding && read.failure == nil)
        }
    }

    /// Identifiers come from peers, who may write anything.
    @Test(arguments: 0..<10) func aReplyRepeatsAnyIdentifier(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &+ 4000)
        for _ in 0..<100 {
            let id =
                Self.text(&random) + String(repeating: "\"", count: Int.random(in: 0...90, using: &random)) + "\u{1}\\"
            let unique = UniqueID()
            let reply =
                Bool.random(using: &random)
                ? OutgoingReply.heartbeat : .result(try JSONText(Self.json(&random, depth: 1)))
            let message = try MessageEnvelope.open(
                reply.body(messageID: id, uniqueID: unique),
                takesPythonConstants: false
            )
            let members = try #require(try JSONText(message).members)
            #expect(members.map(\.key) == ["result", "failure", "ending", "_msg_id", "_unique_id"])
            #expect(members[2].value.string == "\(reply.isEnding)")
            #expect(members[3].value.stringValue == id)
            #expect(members[4].value.stringValue == unique.hexadecimal)
        }
    }

    @Test(arguments: 0..<10) func aFailureIsReadAsItWasWritten(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &+ 2000)
        for _ in 0..<100 {
            let error = RemoteError(
                module: Self.text(&random),
                className: "C\(seed)",
                message: Self.text(&random),
                arguments: try JSONText("[\(Self.json(&random, depth: 2))]"),
                keywordArguments: try JSONText("{\"code\": \(Self.json(&random, depth: 1))}"),
                traceback: [Self.text(&random), "x\n"]
            )
            let body = OutgoingReply.failure(error).body(messageID: UniqueID().hexadecimal, uniqueID: UniqueID())
            guard case .exception(let read) = try ReplyEnvelope(body).failure else {
                Issue.record("the failure is not read: \(body)")
                return
            }
            #expect(read == error)
            let members = try #require(try JSONText(error.encoded).members)
            #expect(members.map(\.key) == ["class", "module", "message", "tb", "args", "kwargs"])
            #expect(members[1].value.stringValue == error.module)
            #expect(members[2].value.stringValue == error.message)
            #expect(members[4].value == error.arguments)
            #expect(members[5].value == error.keywordArguments)
        }
    }

    private func usual(_ body: [UInt8]) -> ReplyEnvelope? { ReplyEnvelope.usual(body.span) }

    /// The way for replies in the usual form, against the scanner that reads every form.
    @Test(arguments: 0..<10) func usualRepliesAreReadAsAnyOther(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &+ 4000)
        for _ in 0..<300 {
            let (id, result) = (UniqueID(), Self.json(&random, depth: 3))
            let inner =
                #"{"result": \#(result), "failure": null, "ending": true, "_msg_id": "\#(id.hexadecimal)", "#
                + #""_unique_id": "\#(UniqueID().hexadecimal)"}"#
            let body = MessageEnvelope.seal(Array(inner.utf8))
            let usual = try #require(self.usual(body))
            #expect(usual.messageID == id && usual.isEnding && usual.failure == nil)
            #expect(usual.result == (try JSONText(result)))
            // One more blank is another form of the same.
            let general = try ReplyEnvelope([0x20] + body)
            #expect(self.usual([0x20] + body) == nil)
            #expect(general.result == usual.result && general.messageID == id)
            var damaged = body
            damaged[Int.random(in: 0..<damaged.count, using: &random)] = .random(in: 0...255, using: &random)
            let (one, other) = (self.usual(damaged), try? ReplyEnvelope([0x20] + damaged))
            if let one {
                #expect(one.result == other?.result && one.messageID == other?.messageID)
                #expect(other?.isEnding == true && other?.failure == nil)
            }
        }
    }

    @Test(arguments: [
        #"1, \"result\": 2"#, "", #"1\", \"x\": \"2"#, #"\"a"#, #""a""#, "1 2", #"1}"}{"#, "\u{7f}x", "nul", #"\ud800"#,
    ])
    func whatIsNoOneValueIsNoUsualReply(content: String) {
        let body =
            #"{"oslo.version": "2.0", "oslo.message": "{\"result\": \#(content), \"failure\": null, \"ending\": true, "#
            + #"\"_msg_id\": \"318461a7ebdd41ee9a7408b6219668d4\", "#
            + #"\"_unique_id\": \"47c8c8ea8ef747708b00ab0b45cb0a29\"}"}"#
        #expect(usual(Array(body.utf8)) == nil)
    }

    @Test(arguments: 0..<10) func damagedBodiesAreRefusedOrReadButNeverCrash(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &+ 3000)
        let body = RequestEnvelope.encode(Self.request(&random), uniqueID: UniqueID(), reply: nil)
        for _ in 0..<300 {
            var damaged = body
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<damaged.count, using: &random)
                if Bool.random(using: &random) {
                    damaged.remove(at: index)
                } else {
                    damaged[index] = .random(in: 0...255)
                }
            }
            _ = try? IncomingRequest(damaged)
            _ = try? ReplyEnvelope(damaged)
            _ = try? IncomingNotification(damaged)
        }
    }

    private static func entries(_ context: RequestContext) -> [String] {
        context.entries.map { "\($0.key)=\($0.value.string)" }
    }

    private static func request(_ random: inout SeededRandom) -> RPCRequest {
        var context = RequestContext()
        for index in 0..<Int.random(in: 0...4, using: &random) {
            if let value = try? JSONText(json(&random, depth: 2)) { context.set("k\(index)\(text(&random))", value) }
        }
        let arguments = (0..<Int.random(in: 0...4, using: &random)).map { "\"a\($0)\": \(json(&random, depth: 3))" }
        return RPCRequest(
            target: Target(
                topic: "t",
                namespace: Bool.random(using: &random) ? text(&random) : nil,
                version: Bool.random(using: &random) ? "1.\(Int.random(in: 0...20, using: &random))" : nil
            ),
            method: "m\(text(&random))",
            arguments: (try? JSONText("{\(arguments.joined(separator: ", "))}")) ?? .emptyObject,
            context: context,
            timeout: .seconds(1)
        )
    }

    /// A JSON value with the odd corners: escapes, big integers, exponents, white space, surrogate pairs.
    private static func json(_ random: inout SeededRandom, depth: Int) -> String {
        switch Int.random(in: 0...(depth > 0 ? 8 : 5), using: &random) {
        case 0: return ["null", "true", "false"].randomElement(using: &random) ?? "null"
        case 1: return String(Int.random(in: .min ... .max, using: &random))
        case 2:
            return ["1.0", "1e-07", "1E+100", "-0", "123456789012345678901234567890", "0.10"][Int(random.next() % 6)]
        case 3, 4: return JSONText(string: text(&random)).string
        case 5: return [#""\u00e9\ud83d\ude00\/""#, #""\\\"\b\f""#, #""\ud800""#][Int(random.next() % 3)]
        case 6, 7:
            let members = (0..<Int.random(in: 0...3, using: &random)).map { index in
                "\(JSONText(string: "\(index)\(text(&random))").string) : \(json(&random, depth: depth - 1))"
            }
            return "{\(members.joined(separator: " ,"))}"
        default:
            let elements = (0..<Int.random(in: 0...3, using: &random)).map { _ in json(&random, depth: depth - 1) }
            return "[ \(elements.joined(separator: ",\n"))]"
        }
    }

    private static func text(_ random: inout SeededRandom) -> String {
        let alphabet: [Character] = ["a", "Z", "é", "☃", "😀", "\"", "\\", "/", "\n", "\t", "\u{1}", "\u{7f}", " ", "'"]
        return String((0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet[Int(random.next() % 14)] })
    }
}
