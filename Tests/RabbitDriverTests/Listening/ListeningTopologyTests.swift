// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Foundation
import Messaging
import Names
import Testing

@testable import RabbitDriver

/// What a listener sends to the broker, method by method, against captures of real oslo.messaging.
struct ListeningTopologyTests {
    static let optionSets: [(String, [(String, String)])] = [
        ("default", []), ("durable", [("amqp_durable_queues", "true")]), ("auto_delete", [("amqp_auto_delete", "1")]),
        (
            "quorum",
            [
                ("rabbit_quorum_queue", "yes"), ("rabbit_quorum_delivery_limit", "5"),
                ("rabbit_quorum_max_memory_length", "100"), ("rabbit_quorum_max_memory_bytes", "1000000"),
            ]
        ),
        ("transient_quorum", [("rabbit_transient_quorum_queue", "on")]),
        (
            "stream_fanout",
            [
                ("rabbit_stream_fanout", "true"), ("rabbit_transient_quorum_queue", "true"),
                ("rabbit_qos_prefetch_count", "10"),
            ]
        ),
        ("ttl_zero", [("rabbit_transient_queues_ttl", "0")]), ("ha", [("rabbit_ha_queues", "true")]),
        ("cancel_on_failover", [("enable_cancel_on_failover", "true")]),
        ("mandatory_off", [("direct_mandatory_flag", "false")]),
    ]

    private func server(_ unique: String) -> ListeningTopology {
        ListeningTopology(topic: "t", server: "s", exchange: "x", unique: unique, options: RabbitOptions())
    }

    @Test func aNewNameIsInEveryStepAndTheFormerQueueIsReadToo() throws {
        let unique = String(repeating: "0f", count: 16)
        let former = Name("t_fanout_\(unique)")
        let topology = server(unique)
        let renewed = topology.renewed(wasConsumed: true)
        let name = try #require(renewed.ownQueues.first)
        #expect(name != former && name.hasPrefix("t_fanout_") && name.utf8.count == former.utf8.count)
        #expect(renewed.ownQueues == [name, former])
        #expect(renewed.formerConsumer?.queue == former && renewed.formerConsumer?.isOwn == true)
        let digits = String(name.text.dropFirst("t_fanout_".count))
        #expect(renewed.steps() == server(digits).steps())
        #expect(renewed.withoutFormer.ownQueues == [name] && renewed.withoutFormer.formerConsumer == nil)
        // One that was never consumed has nothing to be read.
        let again = renewed.renewed(wasConsumed: false)
        #expect(again.formerConsumer?.queue == former && again.ownQueues.last == former)
        #expect(again.ownQueues.first != name)
    }

    @Test func whatIsNobodysOwnKeepsItsName() {
        let topology = ListeningTopology(plainQueue: "q", options: RabbitOptions())
        #expect(topology.renewed(wasConsumed: true) == topology)
    }

    /// A queue that was declared stays for half an hour: another one for each try would be too many.
    @Test func onlyTheOwnQueueIsToBlameAndNoRightThatIsMissing() throws {
        let topology = server("1")
        let own = try #require(topology.ownQueues.first)
        let (missing, refused) = (AMQPError(.notFound, "gone"), AMQPError(.accessRefused, "no"))
        func blames(_ error: AMQPError) -> [ListeningTopology.Step] {
            topology.steps().filter { topology.mayBlameOwnQueue(error, of: $0) }
        }
        #expect(blames(missing).count == 3)
        guard let step = blames(refused).first, case .declareQueue(let queue) = step, blames(refused).count == 1 else {
            Issue.record("other steps: \(blames(refused))")
            return
        }
        #expect(queue.name == own)
    }

    @Test(arguments: optionSets)
    func serversSendPythonsMethodsInPythonsOrder(_ name: String, _ set: [(String, String)]) throws {
        let options = try RabbitOptions(options: set)
        let capture = try MethodCapture("topology_server_\(name)", connection: 1)
        let (topic, exchange) = (try #require(capture.queues.first), try #require(capture.exchanges.first))
        let fanout = try #require(capture.queues.last)
        let topology = ListeningTopology(
            topic: topic,
            server: "alpha",
            exchange: exchange,
            unique: String(fanout.dropFirst("\(topic)_fanout_".count)),
            options: options
        )
        let ours = topology.steps().map(\.text).filter { options.prefetchCount > 0 || !$0.hasPrefix("Basic.Qos") }
        #expect(ours == capture.methods.filter { !$0.hasPrefix("Queue.Delete") })
        // The capture of some sets ends before the server's stop.
        if capture.methods.last?.hasPrefix("Queue.Delete") == true { #expect(topology.ownQueues == [Name(fanout)]) }
        if options.streamFanout { #expect(topology.ownQueues == []) }
    }

    @Test func withoutTheOptionWhatWaitsInTheProcessIsStillBounded() {
        let topology = ListeningTopology(topic: "t", server: "s", exchange: "x", unique: "u", options: RabbitOptions())
        #expect(topology.steps().first == .qos(prefetchCount: 1000))
    }

    @Test func runningConsumersAreLeftAloneAndStreamsGoOnWhereTheyWere() throws {
        var options = RabbitOptions()
        options.streamFanout = true
        let topology = ListeningTopology(topic: "t", server: "s", exchange: "x", unique: "u", options: options)
        let consumers = topology.steps(running: ["1", "2"], offset: 42).suffix(2)
        #expect(!consumers.contains { $0.text.hasPrefix("Basic.Consume t.s") })
        guard case .consume(let consumer)? = consumers.last else { throw Missing() }
        #expect(consumer.tag == "3")
        #expect(consumer.arguments["x-stream-offset"] == .int64(42))
    }

    @Test func publishersOfNotificationsDeclareWhatPythonsDo() throws {
        let capture = try MethodCapture("topology_notification_v2", connection: nil)
        let options = RabbitOptions()
        let exchange = options.controlExchange("openstack")
        let queue = options.topicQueue("notifications.info")
        let steps: [ListeningTopology.Step] = [
            .declareExchange(exchange), .declareQueue(queue),
            .bind(queue: queue.name, exchange: exchange.name, key: queue.name), .declareExchange(exchange),
        ]
        #expect(steps.map(\.text) == capture.methods)
    }

    @Test func notificationsAreConsumedFromThePublishersQueues() {
        let subscription = NotificationSubscription(
            sources: [.init(topic: "a"), .init(exchange: "nova", topic: "b")],
            priorities: [.info, .error]
        )
        let topology = ListeningTopology(subscription, exchange: "openstack", options: RabbitOptions())
        #expect(topology.consumers.map(\.queue) == ["a.info", "a.error", "b.info", "b.error"])
        #expect(topology.consumers.map(\.tag) == ["1", "2", "3", "4"])
        #expect(topology.sources.map { $0.exchange?.name } == ["openstack", "openstack", "nova", "nova"])
        #expect(topology.ownQueues == [])
    }

    @Test func aPoolIsOneQueueWithEveryBinding() {
        var subscription = NotificationSubscription(
            sources: [.init(topic: "a")],
            priorities: [.info, .error],
            pool: "p"
        )
        var topology = ListeningTopology(subscription, exchange: "openstack", options: RabbitOptions())
        #expect(topology.consumers.map(\.queue) == ["p"])
        #expect(topology.sources.map(\.bindingKey) == ["a.info", "a.error"])
        #expect(topology.ownQueues == [])
        subscription.isTemporary = true
        topology = ListeningTopology(subscription, exchange: "openstack", options: RabbitOptions())
        #expect(topology.ownQueues == ["p"])
        #expect(topology.sources[0].queue.arguments["x-expires"] == .int32(1_800_000))
        #expect(topology.consumers[0].isOwn)
    }

    @Test func aPlainQueueIsDurableAndHasNoExchange() {
        let topology = ListeningTopology(plainQueue: "work", options: RabbitOptions())
        #expect(
            topology.steps().dropFirst().map(\.text) == [
                "Queue.Declare work durable=true auto_delete=false [:]", "Basic.Consume work 1 [:]",
            ]
        )
    }

    private struct Missing: Error {}
}

struct TopologyAdjustmentsTests {
    private let exchange = ExchangeDeclaration(name: "x", isDurable: true)
    private let queue = QueueDeclaration(name: "q", isDurable: true)
    private var topology: ListeningTopology {
        ListeningTopology(
            prefetchCount: 1,
            sources: [.init(exchange: exchange, queue: queue, bindingKey: "q")],
            consumers: []
        )
    }

    private func refusal(_ refused: RefusedMethod) -> AMQPError {
        // The text names what another client has chosen: nothing may depend on it.
        let text = "PRECONDITION_FAILED - inequivalent arg 'durable' for exchange 'x' in vhost '/'"
        let reply = AMQPError.Reply(code: 406, text: text, refused: refused)
        return AMQPError(.preconditionFailed, "the broker closed the channel", reply: reply)
    }

    private func noteExchange(_ adjustments: inout TopologyAdjustments, _ topology: ListeningTopology) -> Bool {
        adjustments.note(refusal(.exchangeDeclare), of: .declareExchange(exchange), in: topology)
    }

    private func noteQueue(_ adjustments: inout TopologyAdjustments, _ topology: ListeningTopology) -> Bool {
        adjustments.note(refusal(.queueDeclare), of: .declareQueue(queue), in: topology)
    }

    @Test func aNonDurableExchangeMakesTheQueueNonDurableToo() {
        var adjustments = TopologyAdjustments()
        let isWorthIt = noteExchange(&adjustments, topology)
        #expect(isWorthIt)
        #expect(adjustments.conflicts.adjusted(exchange).isDurable == false)
        #expect(adjustments.adjusted(topology.sources[0]).isDurable == false)
    }

    @Test func aQueueThatIsDurableAfterAllIsDeclaredSo() {
        var adjustments = TopologyAdjustments()
        let answers = [noteExchange(&adjustments, topology), noteQueue(&adjustments, topology)]
        #expect(answers == [true, true])
        #expect(adjustments.conflicts.adjusted(exchange).isDurable == false)
        #expect(adjustments.adjusted(topology.sources[0]).isDurable)
    }

    @Test func aQueueAloneGivesWayAlone() {
        var adjustments = TopologyAdjustments()
        let isWorthIt = noteQueue(&adjustments, topology)
        #expect(isWorthIt)
        #expect(adjustments.conflicts.adjusted(exchange).isDurable)
        #expect(adjustments.adjusted(topology.sources[0]).isDurable == false)
    }

    @Test func otherRefusalsAreFinal() {
        var adjustments = TopologyAdjustments()
        let another = QueueDeclaration(name: "another", isDurable: true)
        let isWorthIt = [
            adjustments.note(AMQPError(.accessRefused, ""), of: .declareQueue(queue), in: topology),
            adjustments.note(refusal(.basicConsume), of: .declareQueue(queue), in: topology),
            adjustments.note(refusal(.queueDeclare), of: .declareQueue(another), in: topology),
        ]
        #expect(isWorthIt == [false, false, false])
    }

    @Test func aRefusalThatGivingWayDoesNotEndStands() {
        var adjustments = TopologyAdjustments()
        let answers = (0..<3).map { _ in noteQueue(&adjustments, topology) }
        #expect(answers == [true, false, false])
        #expect(adjustments.adjusted(topology.sources[0]).isDurable)
        adjustments = TopologyAdjustments()
        let exchanges = (0..<3).map { _ in noteExchange(&adjustments, topology) }
        #expect(exchanges == [true, false, false])
        #expect(adjustments.conflicts.adjusted(exchange).isDurable)
    }

    /// Callers name exchanges and choose their type: what is learnt of theirs says nothing about those of others.
    @Test(arguments: [
        ExchangeDeclaration(name: "x", type: "fanout", isDurable: true),
        ExchangeDeclaration(name: "queue q", isDurable: true),
    ])
    func anotherDeclarationChangesNothing(_ another: ExchangeDeclaration) {
        var conflicts = DurableConflicts()
        let learnt = [
            conflicts.note(refusal(.exchangeDeclare), exchange: exchange, queue: nil),
            conflicts.note(refusal(.exchangeDeclare), exchange: another, queue: nil),
            conflicts.note(refusal(.exchangeDeclare), exchange: another, queue: nil),
        ]
        #expect(learnt == [true, true, false])
        #expect(!conflicts.adjusted(exchange).isDurable)
        let isWorthIt = conflicts.note(refusal(.queueDeclare), exchange: exchange, queue: queue)
        #expect(isWorthIt)
    }

    @Test func aQuorumQueueStaysDurable() {
        var topology = topology
        topology.sources[0].queue.arguments["x-queue-type"] = "quorum"
        var adjustments = TopologyAdjustments()
        _ = noteExchange(&adjustments, topology)
        #expect(adjustments.adjusted(topology.sources[0]).isDurable)
    }

    @Test func aPlainQueueInAnotherFormIsTakenAsItIs() {
        var adjustments = TopologyAdjustments()
        let plain = ListeningTopology(plainQueue: "q", options: RabbitOptions())
        let step = ListeningTopology.Step.declareQueue(QueueDeclaration(name: "q", isDurable: true))
        let answers = (0..<3).map { _ in adjustments.note(refusal(.queueDeclare), of: step, in: plain) }
        // The other durability first, then whatever is there.
        #expect(answers == [true, true, false])
        #expect(adjustments.adjusted(plain.sources[0]).isPassive)
    }
}
