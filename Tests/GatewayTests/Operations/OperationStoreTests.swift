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
    private let someone = Holder(address: "192.0.2.1")
    private let another = Holder(address: "192.0.2.2")

    private func answer(_ bytes: Int = 0) -> StoredResponse {
        StoredResponse(HTTPResponse(status: 200, body: Array(repeating: 0x31, count: bytes)[...]))
    }

    private func state(_ store: inout OperationStore<Int>, _ id: OperationKey, _ now: Moment) -> String {
        switch store.look(id, now: now, limits) {
        case .unknown: "unknown"
        case .gone(.yes): "gone"
        case .gone(let executed): "gone \(executed)"
        case .running: "running"
        case .done: "done"
        }
    }

    @Test func runsThenIsDoneThenIsGone() {
        var store = OperationStore<Int>()
        let id = OperationKey()
        let before = state(&store, id, start)
        #expect(before == "unknown")
        let begins = store.begin(id, of: someone, now: start, limits)
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
        let id = OperationKey()
        _ = store.begin(id, of: someone, now: start, limits)
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
        let id = OperationKey()
        _ = store.begin(id, of: someone, now: start, limits)
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

    @Test func whereThereIsNoPlaceNewOnesAreRefusedAndNoneGoes() {
        var store = OperationStore<Int>()
        let ids = (0..<5).map { _ in OperationKey() }
        let begun = ids.prefix(3).map { store.begin($0, of: someone, now: start, limits) }
        #expect(begun == [true, true, false])
        _ = store.finish(ids[0], answer(), now: start, limits)
        let others = ids.suffix(2).map { store.begin($0, of: another, now: start, limits) }
        #expect(others == [true, false])
        let states = ids.prefix(2).map { state(&store, $0, at(9)) }
        #expect(states == ["done", "running"])
        #expect(store.count == 3 && store.count(of: someone) == 2)
        let third = store.begin(ids[2], of: Holder(address: "192.0.2.3"), now: at(10), limits)
        #expect(third)
    }

    @Test func theBytesAreBounded() {
        var store = OperationStore<Int>()
        let ids = (0..<2).map { _ in OperationKey() }
        for id in ids {
            _ = store.begin(id, of: someone, now: start, limits)
            _ = store.finish(id, answer(600), now: start, limits)
        }
        #expect(store.bytes <= 1_000)
        let states = ids.map { state(&store, $0, start) }
        #expect(states == ["gone", "done"])
    }

    @Test func answersMakeRoomForTheirOwnHoldersOnly() {
        var store = OperationStore<Int>()
        let (first, second) = (OperationKey(), OperationKey())
        _ = store.begin(first, of: someone, now: start, limits)
        _ = store.finish(first, answer(200), now: start, limits)
        _ = store.begin(second, of: another, now: start, limits)
        _ = store.finish(second, answer(1_500), executed: .maybe, now: start, limits)
        let states = [state(&store, first, start), state(&store, second, start)]
        #expect(states == ["done", "gone maybe"])
    }

    @Test func forgettingManyForgetsNoneOfTheOthers() {
        var store = OperationStore<Int>()
        let victims = OperationKey()
        _ = store.begin(victims, of: someone, now: start, limits)
        _ = store.finish(victims, answer(), now: start, limits)
        _ = store.forget(victims, now: start, limits)
        for _ in 0..<100 {
            let id = OperationKey()
            _ = store.begin(id, of: another, now: start, limits)
            _ = store.forget(id, now: start, limits)
        }
        let after = state(&store, victims, start)
        #expect(after == "gone")
    }

    @Test func anAnswerOverTheBoundPushesNoOtherOut() {
        var store = OperationStore<Int>()
        let (small, large) = (OperationKey(), OperationKey())
        for (id, size) in [(small, 10), (large, 5_000)] {
            _ = store.begin(id, of: someone, now: start, limits)
            _ = store.finish(id, answer(size), now: start, limits)
        }
        let states = [state(&store, small, start), state(&store, large, start)]
        #expect(states == ["done", "gone"])
    }

    @Test func whatIsForgottenIsGone() {
        var store = OperationStore<Int>()
        let id = OperationKey()
        let none = store.forget(id, now: start, limits)
        #expect(none == nil)
        _ = store.begin(id, of: someone, now: start, limits)
        _ = store.wait(id, 7, deadline: at(5), limits)
        let waiters = store.forget(id, now: start, limits)
        #expect(waiters == [7])
        let late = store.finish(id, answer(), now: start, limits)
        #expect(late.isEmpty)
        let after = state(&store, id, start)
        #expect(after == "gone maybe")
        let again = store.forget(id, now: start, limits)
        #expect(again == nil)
        #expect(store.count == 0)
    }

    @Test func whatNeverBeganIsUnknown() {
        var store = OperationStore<Int>()
        let id = OperationKey()
        _ = store.begin(id, of: someone, now: start, limits)
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
