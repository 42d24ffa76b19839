// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Testing
import Threads

@testable import Gateway

struct IdempotencyStoreTests {
    private let start = Moment.now
    private func at(_ seconds: Int) -> Moment { start.advanced(by: .seconds(seconds)) }
    private let limits = IdempotencyStore.Limits(timeToLive: .seconds(10), maximumCount: 3, maximumBytes: 2_000)

    private func key(_ text: String) throws -> IdempotencyKey {
        try #require(try IdempotencyKey(RequestFields([("Idempotency-Key", text)])))
    }

    private func fingerprint(_ body: String) -> RequestFingerprint {
        let head = RequestHead(method: "POST", path: Array("/t/s/m".utf8))
        return RequestFingerprint(HTTPRequest(head: head, body: Array(body.utf8)), isLater: false)
    }

    private func answer(_ bytes: Int = 0) -> StoredResponse {
        StoredResponse(HTTPResponse(status: 200, body: Array(repeating: 0x31, count: bytes)[...]))
    }

    private func decide(
        _ store: inout IdempotencyStore,
        _ key: String,
        _ body: String = "a",
        at now: Moment? = nil
    ) throws -> String {
        switch store.begin(try self.key(key), fingerprint(body), now: now ?? start, limits) {
        case .execute: "execute"
        case .replay: "replay"
        case .answerLost: "lost"
        case .running: "running"
        case .differs: "differs"
        case .full: "full"
        }
    }

    @Test func theFirstIsExecutedAndTheRestIsReplayed() throws {
        var store = IdempotencyStore()
        let before = [try decide(&store, "k"), try decide(&store, "k"), try decide(&store, "k", "b")]
        #expect(before == ["execute", "running", "differs"])
        store.finish(try key("k"), answer(), now: start, limits)
        let after = [
            try decide(&store, "k"), try decide(&store, "k", "b"), try decide(&store, "k", at: at(9)),
            try decide(&store, "k", at: at(10)),
        ]
        #expect(after == ["replay", "differs", "replay", "execute"])
    }

    @Test func whatWasNotExecutedMayBeSentAgain() throws {
        var store = IdempotencyStore()
        _ = try decide(&store, "k")
        store.release(try key("k"))
        let again = try decide(&store, "k", "b")
        #expect(again == "execute")
    }

    @Test func runningOnesMakeNoRoomAndAnsweredOnesDo() throws {
        var store = IdempotencyStore()
        let begun = try ["a", "b", "c", "d"].map { try decide(&store, $0) }
        #expect(begun == ["execute", "execute", "execute", "full"])
        store.finish(try key("a"), answer(), now: start, limits)
        let next = [try decide(&store, "d"), try decide(&store, "e")]
        #expect(next == ["execute", "full"])
        #expect(store.count == 3)
    }

    @Test func anAnswerThatIsPushedOutByItsBytesIsNotExecutedAgain() throws {
        var store = IdempotencyStore()
        for name in ["a", "b", "c"] {
            _ = try decide(&store, name)
            store.finish(try key(name), answer(600), now: start, limits)
        }
        let decisions = try ["a", "b", "c"].map { try decide(&store, $0) }
        #expect(decisions == ["lost", "replay", "replay"])
        #expect(store.bytes <= 2_000)
    }

    @Test func anAnswerOverTheBoundIsNotExecutedAgain() throws {
        var store = IdempotencyStore()
        _ = try decide(&store, "a")
        store.finish(try key("a"), answer(5_000), now: start, limits)
        let again = try decide(&store, "a")
        #expect(again == "lost")
        #expect(store.bytes == 0)
    }

    @Test(arguments: [
        ("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("\"a b\";x=1", "\"a b\""),
        (#""a\"b\\""#, #""a\"b\\""#), ("abc", "\"abc\""),
    ])
    func quotedAndBareKeysAreTheSame(_ one: String, _ other: String) throws {
        #expect(try key(one) == key(other))
    }

    @Test(arguments: [
        "", "\"\"", "\"a", "\"a\"b", "a b", "a,b", "a;b", "é", "\"é\"", #""\a""#, "\"a\", \"b\"", #"a\b"#,
        String(repeating: "a", count: 256),
    ])
    func otherKeysAreRefused(_ text: String) {
        #expect(throws: Problem.self) { try key(text) }
    }

    @Test func aKeyGivenTwiceIsRefused() {
        #expect(throws: Problem.self) {
            try IdempotencyKey(RequestFields([("Idempotency-Key", "a"), ("idempotency-key", "a")]))
        }
    }

    private func print(_ change: (inout RequestHead, inout [UInt8]) -> Void) -> RequestFingerprint {
        var head = RequestHead(method: "POST", path: Array("/t/s/m".utf8), query: nil)
        var body = Array("{}".utf8)
        change(&head, &body)
        return RequestFingerprint(HTTPRequest(head: head, body: body), isLater: false)
    }

    @Test func whatChangesTheMeaningChangesTheFingerprint() {
        let same = print { _, _ in }
        #expect(
            same == print { head, _ in head.fields = RequestFields([("X-Request-Id", "1"), ("Rpc-Timeout", "3")]) }
        )
        #expect(same != print { head, _ in head.path = Array("/t/s/n".utf8) })
        #expect(same != print { head, _ in head.query = [] })
        #expect(same != print { head, _ in head.query = Array("version=1.1".utf8) })
        #expect(same != print { _, body in body = Array("{ }".utf8) })
        #expect(same != print { head, _ in head.fields = RequestFields([("Content-Type", "application/json")]) })
        #expect(same != print { head, _ in head.fields = RequestFields([("Rpc-Context", "{}")]) })
        #expect(same != print { head, _ in head.fields = RequestFields([("Amqp-Type", "x")]) })
    }
}
