// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
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

    private let someone = Holder(address: "192.0.2.1")
    private let another = Holder(address: "192.0.2.2")

    private func answer(_ bytes: Int = 0) -> StoredResponse {
        StoredResponse(HTTPResponse(status: 200, body: Array(repeating: 0x31, count: bytes)[...]))
    }

    private func decide(
        _ store: inout IdempotencyStore,
        _ key: String,
        _ body: String = "a",
        of holder: Holder? = nil,
        at now: Moment? = nil
    ) throws -> String {
        switch store.begin(
            try self.key(key),
            fingerprint(body),
            of: holder ?? someone,
            now: now ?? start,
            limits
        ) {
        case .execute: "execute"
        case .replay: "replay"
        case .answerGone(let executed): "gone \(executed)"
        case .running: "running"
        case .differs: "differs"
        case .full: "full"
        }
    }

    @Test func theFirstIsExecutedAndTheRestIsReplayed() throws {
        var store = IdempotencyStore()
        let before = [try decide(&store, "k"), try decide(&store, "k"), try decide(&store, "k", "b")]
        #expect(before == ["execute", "running", "differs"])
        try finish(&store, "k", answer())
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

    @Test func aFullStoreRefusesNewKeysAndForgetsNone() throws {
        var store = IdempotencyStore()
        let begun = [try decide(&store, "a"), try decide(&store, "b"), try decide(&store, "c", of: another)]
        #expect(begun == ["execute", "execute", "execute"])
        try finish(&store, "a", answer())
        let full = [try decide(&store, "d"), try decide(&store, "d", of: another)]
        #expect(full == ["full", "full"])
        let known = try ["a", "b", "c"].map { try decide(&store, $0) }
        #expect(known == ["replay", "running", "running"])
        let third = Holder(address: "192.0.2.3")
        let later = try ["d", "e"].map { try decide(&store, $0, of: third, at: at(10)) }
        #expect(later == ["execute", "full"])
        #expect(store.count == 3)
    }

    @Test func whoIsRefusedIsToldWhenTheOldestGoes() throws {
        var store = IdempotencyStore()
        for name in ["a", "b"] { _ = try decide(&store, name) }
        try finish(&store, "a", answer(), at: at(2))
        guard
            case .full(let held, let until) = store.begin(
                try key("c"),
                fingerprint("a"),
                of: someone,
                now: at(3),
                limits
            )
        else { throw ExpectationMissed() }
        #expect(held == 2 && until == at(12))
    }

    @Test func tenThousandKeysPushNoKeyOut() throws {
        var store = IdempotencyStore()
        let many = IdempotencyStore.Limits(timeToLive: .seconds(10), maximumCount: 10_000, maximumBytes: 1 << 20)
        let victims = try key("victim")
        _ = store.begin(victims, fingerprint("a"), of: someone, now: start, many)
        store.finish(victims, answer(100), executed: .yes, now: start, many)
        var refused = 0
        for number in 0..<10_001 {
            let key = try key("\(number)")
            switch store.begin(key, fingerprint("a"), of: another, now: start, many) {
            case .execute: store.finish(key, answer(1_000), executed: .yes, now: start, many)
            default: refused += 1
            }
        }
        #expect(refused == 5_001)
        guard case .replay = store.begin(victims, fingerprint("a"), of: someone, now: at(9), many) else {
            throw ExpectationMissed()
        }
        guard case .execute = store.begin(try key("new"), fingerprint("a"), of: someone, now: at(9), many) else {
            throw ExpectationMissed()
        }
        #expect(store.bytes <= 1 << 20)
    }

    private struct ExpectationMissed: Error {}

    private func finish(
        _ store: inout IdempotencyStore,
        _ key: String,
        _ answer: StoredResponse?,
        executed: MessagingError.Execution = .yes,
        at now: Moment? = nil
    ) throws {
        store.finish(try self.key(key), answer, executed: executed, now: now ?? start, limits)
    }

    @Test func anAnswerThatMadeRoomIsNotExecutedAgain() throws {
        var store = IdempotencyStore()
        let wide = IdempotencyStore.Limits(timeToLive: .seconds(10), maximumCount: 10, maximumBytes: 2_000)
        for name in ["a", "b"] {
            _ = store.begin(try key(name), fingerprint("a"), of: someone, now: start, wide)
            store.finish(try key(name), answer(600), executed: .maybe, now: start, wide)
        }
        let decisions = try ["a", "b"].map { try decide(&store, $0) }
        #expect(decisions == ["gone maybe", "replay"])
    }

    @Test func answersMakeRoomForTheirOwnHoldersOnly() throws {
        var store = IdempotencyStore()
        _ = try decide(&store, "a")
        try finish(&store, "a", answer(200))
        _ = try decide(&store, "b", of: another)
        try finish(&store, "b", answer(1_500))
        let decisions = try ["a", "b"].map { try decide(&store, $0) }
        #expect(decisions == ["replay", "gone yes"])
    }

    @Test func anAnswerOverTheBoundIsNotExecutedAgain() throws {
        var store = IdempotencyStore()
        _ = try decide(&store, "a")
        try finish(&store, "a", answer(5_000))
        let again = try decide(&store, "a")
        #expect(again == "gone yes")
        #expect(store.bytes == 0)
    }

    @Test func theClockOfALaterAnswerStartsAtItsEnd() throws {
        var store = IdempotencyStore()
        _ = try decide(&store, "k")
        store.answerMeanwhile(try key("k"), answer())
        let during = [try decide(&store, "k", at: at(3_600)), try decide(&store, "k", "b", at: at(3_600))]
        #expect(during == ["replay", "differs"])
        try finish(&store, "k", nil, at: at(3_600))
        let after = [try decide(&store, "k", at: at(3_609)), try decide(&store, "k", at: at(3_610))]
        #expect(after == ["replay", "execute"])
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
