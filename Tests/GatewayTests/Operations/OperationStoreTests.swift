// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing
import Threads

@testable import Gateway

struct OperationStoreTests {
    private let start = Moment.now
    private func at(_ seconds: Int) -> Moment { start.advanced(by: .seconds(seconds)) }
    private let limits = OperationStore<Int>.Limits(
        timeToLive: .seconds(10),
        maximumCount: 3,
        maximumBytes: 2_000,
        maximumWaiters: 2
    )
    private func answer(_ bytes: Int = 0) -> StoredResponse {
        StoredResponse(HTTPResponse(status: 200, body: Array(repeating: 0x31, count: bytes)[...]))
    }

    private func state(_ store: inout OperationStore<Int>, _ id: UniqueID, _ now: Moment) -> String {
        switch store.look(id, now: now, limits) {
        case .unknown: "unknown"
        case .gone: "gone"
        case .running: "running"
        case .done: "done"
        }
    }

    @Test func runsThenIsDoneThenIsGone() {
        var store = OperationStore<Int>()
        let id = UniqueID()
        let before = state(&store, id, start)
        #expect(before == "unknown")
        let begins = store.begin(id, now: start, limits)
        #expect(begins)
        let during = state(&store, id, at(1000))
        #expect(during == "running")
        let waiters = store.finish(id, answer(), now: at(1000), limits)
        #expect(waiters.isEmpty)
        let after = [state(&store, id, at(1009)), state(&store, id, at(1010)), state(&store, id, at(5000))]
        #expect(after == ["done", "gone", "gone"])
        let muchLater = state(&store, id, at(100_000))
        #expect(muchLater == "gone")
    }

    @Test func waitersGetTheAnswer() {
        var store = OperationStore<Int>()
        let id = UniqueID()
        _ = store.begin(id, now: start, limits)
        let waits = (1...3).map { store.wait(id, $0, deadline: at(5), limits) }
        #expect(waits == [true, true, false])
        let waiters = store.finish(id, answer(), now: at(1), limits)
        #expect(waiters == [1, 2])
        let late = store.wait(id, 4, deadline: at(5), limits)
        #expect(!late)
        let left = store.expireWaiters(now: at(100))
        #expect(left.expired.isEmpty && left.next == nil)
    }

    @Test func waitersEndAtTheirDeadline() {
        var store = OperationStore<Int>()
        let id = UniqueID()
        _ = store.begin(id, now: start, limits)
        _ = store.wait(id, 1, deadline: at(5), limits)
        _ = store.wait(id, 2, deadline: at(7), limits)
        let early = store.expireWaiters(now: at(4))
        #expect(early.expired.isEmpty && early.next == at(5))
        let first = store.expireWaiters(now: at(5))
        #expect(first.expired == [1] && first.next == at(7))
        // The place is free again.
        let again = store.wait(id, 3, deadline: at(9), limits)
        #expect(again)
        let waiters = store.finish(id, answer(), now: at(6), limits)
        #expect(waiters == [2, 3])
    }

    @Test func runningOnesMakeNoRoomAndFinishedOnesDo() {
        var store = OperationStore<Int>()
        let ids = (0..<5).map { _ in UniqueID() }
        let begun = ids.prefix(4).map { store.begin($0, now: start, limits) }
        #expect(begun == [true, true, true, false])
        _ = store.finish(ids[0], answer(), now: start, limits)
        let another = store.begin(ids[4], now: start, limits)
        #expect(another)
        #expect(store.count == 3)
        let oldest = state(&store, ids[0], start)
        #expect(oldest == "gone")
    }

    @Test func theBytesAreBounded() {
        var store = OperationStore<Int>()
        let ids = (0..<3).map { _ in UniqueID() }
        for id in ids {
            _ = store.begin(id, now: start, limits)
            _ = store.finish(id, answer(600), now: start, limits)
        }
        #expect(store.bytes <= 2_000)
        let states = ids.map { state(&store, $0, start) }
        #expect(states == ["gone", "done", "done"])
    }

    @Test func anAnswerOverTheBoundPushesNoOtherOut() {
        var store = OperationStore<Int>()
        let (small, large) = (UniqueID(), UniqueID())
        for (id, size) in [(small, 10), (large, 5_000)] {
            _ = store.begin(id, now: start, limits)
            _ = store.finish(id, answer(size), now: start, limits)
        }
        let states = [state(&store, small, start), state(&store, large, start)]
        #expect(states == ["done", "gone"])
    }

    @Test func whatIsForgottenIsGone() {
        var store = OperationStore<Int>()
        let id = UniqueID()
        let none = store.forget(id, now: start, limits)
        #expect(none == nil)
        _ = store.begin(id, now: start, limits)
        _ = store.wait(id, 7, deadline: at(5), limits)
        let waiters = store.forget(id, now: start, limits)
        #expect(waiters == [7])
        let late = store.finish(id, answer(), now: start, limits)
        #expect(late.isEmpty)
        let after = state(&store, id, start)
        #expect(after == "gone")
        let again = store.forget(id, now: start, limits)
        #expect(again == nil)
        #expect(store.count == 0)
    }

    @Test func whatNeverBeganIsUnknown() {
        var store = OperationStore<Int>()
        let id = UniqueID()
        _ = store.begin(id, now: start, limits)
        store.abandon(id)
        let after = state(&store, id, start)
        #expect(after == "unknown")
    }

    @Test(arguments: ["", "x", "00000000000000000000000000000000", "+0000000000040008000000000000000"])
    func otherIdentifiersAreNone(_ text: String) {
        #expect(UniqueID(operation: text) == nil)
    }

    @Test func identifiersAreReadAsTheyAreWritten() {
        let id = UniqueID()
        #expect(UniqueID(operation: id.hexadecimal) == id)
        #expect(UniqueID(operation: id.dashed) == nil)
        #expect(
            UniqueID(operation: id.hexadecimal.uppercased()) == nil || id.hexadecimal == id.hexadecimal.uppercased()
        )
    }
}
