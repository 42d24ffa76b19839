// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing
import Threads

@testable import Messaging

/// A name beside one that only looks like it: neither gets what is the other's.
struct MemoryByBytesTests {
    private let now = Moment.now

    /// How the broker answers a message.
    private func publish(
        _ key: String,
        exchange: String = "",
        checksConsumers: Bool = false,
        to state: inout MemoryBrokerState
    ) -> String {
        let message = MemoryMessage(json: Array("{}".utf8), routingKey: .init(key))
        let outcome = state.publish(
            message,
            exchange: .init(exchange),
            checksConsumers: checksConsumers,
            now: now
        )
        return "\(outcome)"
    }

    private func state(_ subscription: MemorySubscription) -> MemoryBrokerState {
        var state = MemoryBrokerState(limits: MemoryBroker.Limits())
        _ = state.open([subscription], listener: 1, prefetchCount: 1, now: now) { _ in }
        return state
    }

    @Test(arguments: LookAlikes.pairs)
    func queues(_ victim: String, _ hostile: String) {
        var state = state(MemorySubscription(queue: .init(victim)))
        var outcomes = [publish(hostile, to: &state)]
        _ = state.declare(queue: .init(hostile))
        let looks = [victim, hostile].map { state.inspect(.init($0), now: now)?.consumerCount }
        #expect(looks == [1, 0])
        for name in [hostile, victim] { outcomes.append(publish(name, checksConsumers: true, to: &state)) }
        #expect(outcomes == ["unroutable", "noConsumers", "accepted"])
    }

    @Test(arguments: LookAlikes.pairs)
    func exchangesAndRoutingKeys(_ victim: String, _ hostile: String) {
        let binding = MemorySubscription.Binding(exchange: .init(victim), routingKey: .init(victim))
        var state = state(MemorySubscription(queue: "q", bindings: [binding]))
        let outcomes = [
            publish(victim, exchange: hostile, to: &state), publish(hostile, exchange: victim, to: &state),
            publish(victim, exchange: victim, to: &state),
        ]
        #expect(outcomes == ["noExchange", "unroutable", "accepted"])
    }

    @Test(arguments: LookAlikes.pairs)
    func aQueueIsBoundBesideItsLookAlike(_ one: String, _ other: String) {
        let binding = MemorySubscription.Binding(exchange: "x", routingKey: "k")
        var state = MemoryBrokerState(limits: MemoryBroker.Limits())
        for (number, name) in [one, other].enumerated() {
            let owned = MemorySubscription(queue: .init(name), bindings: [binding], isOwned: true)
            _ = state.open([owned], listener: number, prefetchCount: 1, now: now) { _ in }
        }
        let before = publish("k", exchange: "x", to: &state)
        var delivered = 0
        while state.nextDelivery() != nil { delivered += 1 }
        #expect(before == "accepted" && delivered == 2)
        state.close(0, now: now)
        let after = publish("k", exchange: "x", to: &state)
        #expect(after == "accepted", "the end of one queue unbound the other")
    }

    @Test(arguments: [("t", "t"), ("a.b", "a.b"), ("t\u{600}", "t\u{600}"), ("t.\u{301}", "t.\u{301}")])
    func theTopicOfANotificationEndsAtTheLastDot(_ topic: String, _ expected: String) throws {
        let message = MemoryMessage(json: Array("{}".utf8), routingKey: .init("\(topic).info"))
        let delivery = MemoryDelivery(tag: 1, message: message, isOwned: false, broker: try MemoryBroker())
        let seen = try #require(MemoryIncomingNotification(delivery)).notification.topic
        #expect(Array(seen.utf8) == Array(expected.utf8))
    }
}
