// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing
import Threads

@testable import Messaging

struct MemoryBrokerStateTests {
    private let start = Moment.now

    private func state(messages: Int = 100, bytes: Int = 1 << 20) -> MemoryBrokerState {
        var limits = MemoryBroker.Limits()
        (limits.maximumMessages, limits.maximumQueueBytes, limits.maximumQueues) = (messages, bytes, 20)
        return MemoryBrokerState(limits: limits)
    }

    private func message(_ text: String, _ queue: Name = "q", expires: Duration? = nil) -> MemoryMessage {
        MemoryMessage(json: Array(text.utf8), routingKey: queue, expiration: expires.map { start + $0 })
    }

    private func publish(_ texts: String..., to state: inout MemoryBrokerState) -> [Bool] {
        texts.map { text in
            let outcome = state.publish(message(text), exchange: "", checksConsumers: false, now: start)
            return if case .accepted = outcome { true } else { false }
        }
    }

    /// Hands over all there is; gives the tags by the texts.
    private func handOver(_ state: inout MemoryBrokerState) -> [(text: String, tag: Int)] {
        var all: [(String, Int)] = []
        while let next = state.nextDelivery() {
            all.append((String(decoding: next.message.content.body, as: UTF8.self), next.tag))
            _ = state.handlerReturned()
        }
        return all
    }

    private func open(_ state: inout MemoryBrokerState, _ listener: Int, prefetch: Int = 10, isOwned: Bool = false) {
        let queue = MemorySubscription(queue: "q", isOwned: isOwned)
        _ = state.open([queue], listener: listener, prefetchCount: prefetch, now: start) { _ in }
    }

    @Test func messagesWaitInTheirOrder() {
        var state = state()
        _ = state.declare(queue: "q")
        #expect(publish("a", "b", "c", to: &state) == [true, true, true])
        open(&state, 1)
        #expect(handOver(&state).map(\.text) == ["a", "b", "c"])
    }

    @Test func consumersTakeTurnsWithinTheirPrefetch() {
        var state = state()
        open(&state, 1, prefetch: 1)
        open(&state, 2, prefetch: 2)
        _ = publish("a", "b", "c", "d", to: &state)
        let handed = handOver(&state)
        #expect(handed.map(\.text) == ["a", "b", "c"])
        #expect(state.inspect("q", now: start) == QueueStatus(consumerCount: 2, messageCount: 1))
        let isSettled = state.settle(handed[0].tag, requeues: false, now: start)
        #expect(isSettled)
        #expect(handOver(&state).map(\.text) == ["d"])
    }

    @Test func whatComesBackStandsWhereItStood() {
        var state = state()
        open(&state, 1, prefetch: 3)
        _ = publish("a", "b", "c", "d", to: &state)
        let handed = handOver(&state)
        state.cancel(1, now: start)
        for index in [2, 0] { _ = state.settle(handed[index].tag, requeues: true, now: start) }
        open(&state, 2)
        #expect(handOver(&state).map(\.text) == ["a", "c", "d"])
        let isSettledAgain = state.settle(handed[0].tag, requeues: false, now: start)
        #expect(!isSettledAgain)
    }

    @Test func aListenerThatClosesGivesEverythingBack() {
        var state = state()
        open(&state, 1)
        _ = publish("a", "b", to: &state)
        let handed = handOver(&state)
        _ = publish("c", to: &state)
        state.close(1, now: start)
        #expect(state.inspect("q", now: start) == QueueStatus(consumerCount: 0, messageCount: 3))
        let isSettled = state.settle(handed[0].tag, requeues: false, now: start)
        #expect(!isSettled)
    }

    @Test func anOwnQueueGoesWithItsListener() {
        var state = state()
        open(&state, 1, isOwned: true)
        _ = publish("a", to: &state)
        _ = handOver(&state)
        _ = publish("b", to: &state)
        state.close(1, now: start)
        #expect(state.inspect("q", now: start) == nil)
        #expect(state.heldBytes == 0)
        #expect(handOver(&state).isEmpty)
    }

    @Test func aStopHandsOverWhatNobodyElseWouldGet() {
        var state = state()
        open(&state, 1, prefetch: 1, isOwned: true)
        _ = publish("a", "b", to: &state)
        state.cancel(1, now: start)
        _ = publish("c", to: &state)
        #expect(handOver(&state).map(\.text) == ["a", "b"])
    }

    @Test func aFullQueueRefuses() {
        var state = state(messages: 2)
        open(&state, 1, prefetch: 1)
        #expect(publish("a", "b", "c", to: &state) == [true, true, false])
        let handed = handOver(&state)
        _ = state.settle(handed[0].tag, requeues: false, now: start)
        #expect(publish("d", "e", to: &state) == [true, false])
        var small = self.state(bytes: 2000)
        _ = small.declare(queue: "q")
        #expect(publish("a", String(repeating: "x", count: 2000), "b", to: &small) == [true, false, true])
    }

    @Test func aFullQueueDropsWhatHasExpiredFirst() {
        var state = state(messages: 2)
        _ = state.declare(queue: "q")
        let texts = [("a", nil), ("b", Duration.seconds(1))]
        for (text, expires) in texts {
            let waiting = message(text, expires: expires)
            _ = state.publish(waiting, exchange: "", checksConsumers: false, now: start)
        }
        let later = start + .seconds(2)
        let outcome = state.publish(message("c"), exchange: "", checksConsumers: false, now: later)
        if case .accepted = outcome {} else { Issue.record("\(outcome)") }
        open(&state, 1)
        #expect(handOver(&state).map(\.text) == ["a", "c"])
    }

    @Test func aMessageThatExpiredIsNotHandedOver() {
        var state = state()
        _ = state.declare(queue: "q")
        let waiting = message("a", expires: .seconds(1))
        _ = state.publish(waiting, exchange: "", checksConsumers: false, now: start)
        let queue = MemorySubscription(queue: "q")
        _ = state.open([queue], listener: 1, prefetchCount: 1, now: start + .seconds(1)) { _ in }
        #expect(handOver(&state).isEmpty)
        #expect(state.heldBytes == 0)
    }

    @Test func aFanoutThatOneQueueRefusesIsPartial() {
        var state = state(messages: 1)
        for name in ["a", "b"] as [Name] {
            _ = state.declare(queue: name)
            state.bind(name, .init(exchange: "f", kind: .fanout, routingKey: "x"))
        }
        _ = state.publish(message("1", "a"), exchange: "", checksConsumers: false, now: start)
        let outcome = state.publish(message("2", ""), exchange: "f", checksConsumers: false, now: start)
        if case .full(isPartial: true) = outcome {} else { Issue.record("\(outcome)") }
        #expect(state.inspect("b", now: start)?.messageCount == 1)
    }

    @Test func queuesAreBounded() {
        var state = state()
        let declared = (0..<25).map { state.declare(queue: Name("q\($0)")) }
        #expect(declared.count { $0 } == 20)
    }

    @Test(arguments: 0..<20)
    func everyMessageIsSettledOnceInRandomRuns(_ seed: Int) {
        var state = state(messages: 50)
        var (accepted, settled, handed) = (0, 0, [Int]())
        for step in 0..<2000 {
            switch Int.random(in: 0..<7) {
            case 0, 1, 2: accepted += publish("\(step)", to: &state).count { $0 }
            case 3: open(&state, step, prefetch: Int.random(in: 1...4))
            case 4: if let id = state.consumers.values.randomElement()?.listener { state.close(id, now: start) }
            default:
                handed += handOver(&state).map(\.tag)
                guard let index = handed.indices.randomElement() else { continue }
                let requeues = Bool.random()
                if state.settle(handed.remove(at: index), requeues: requeues, now: start), !requeues { settled += 1 }
            }
        }
        for id in Set(state.consumers.values.map(\.listener)) { state.close(id, now: start) }
        #expect((state.inspect("q", now: start)?.messageCount ?? 0) == accepted - settled)
        #expect(state.unsettled.isEmpty)
        #expect((state.heldBytes == 0) == (accepted == settled))
    }
}
