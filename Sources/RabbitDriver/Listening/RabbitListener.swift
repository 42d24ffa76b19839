// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Messaging
internal import Names
internal import Synchronization
internal import Threads

/// A consumption that is handed to somebody message by message.
final class RabbitListener: Listener {
    /// Reads a delivery and hands it on; an error makes the broker drop the message.
    typealias Receive =
        @Sendable (Delivery, ListeningTopology.Consumer?, DeliverySettlement) throws(UnreadableMessage) -> Void

    /// What the listener needs of the driver around it.
    struct Environment: Sendable {
        var hosts: BrokerHosts
        var topology: ListeningTopology
        var loop: EventLoop
        var logger: Logger
        var troubles: TroubleLog
        var inflater: Inflater
        /// How many bytes a compressed body may have once inflated; nil where bodies are handed on as they are.
        var maximumInflatedBytes: Int?
        /// Readies what replies are sent through.
        var prepare: @Sendable () -> Void
        var receive: Receive
    }

    private let prepare: @Sendable () -> Void
    private let supervisor: ConsumerSupervisor

    init(_ environment: Environment, machine: ConsumerStateMachine) {
        prepare = environment.prepare
        supervisor = ConsumerSupervisor(
            ConsumerSupervisor.Environment(
                hosts: environment.hosts,
                purpose: "listen",
                subject: "messages",
                loop: environment.loop,
                logger: environment.logger,
                troubles: environment.troubles
            ),
            ListenerIntake(environment),
            machine: machine
        )
    }

    func start() {
        prepare()
        supervisor.start()
    }

    var isConsuming: Bool { supervisor.isConsuming }

    func waitUntilConsuming(deadline: Moment) async throws(MessagingError) {
        switch await supervisor.wait(for: .consuming, deadline: deadline) {
        case .reached: return
        case .stopped: throw MessagingError(.shutdown, "The listener is stopped", stage: .connect)
        case .refused:
            let reason = supervisor.lastError.map { $0.refusal ?? "\($0)" } ?? "for no known reason"
            throw MessagingError(.brokerConfiguration, "The listener is refused: \(reason)", stage: .connect)
        case .timedOut, .unreachable:
            let error = supervisor.lastError ?? AMQPError(.connectTimedOut, "there was no time to connect")
            throw MessagingError(unreachable: error)
        }
    }

    func stop(deadline: Moment) async { await supervisor.stop(deadline: deadline) }

    func close(deadline: Moment) async { await supervisor.close(deadline: deadline) }
}

/// Hands deliveries on one by one, and has the broker drop what cannot be read.
final class ListenerIntake: Consumption {
    private struct State {
        var topology: ListeningTopology
        /// Whether it has been consumed under its present names.
        var isUsed = false
    }

    private let state: Guarded<State>
    private let logger: Logger
    private let troubles: TroubleLog
    private let handOn: RabbitListener.Receive
    private let maximumInflatedBytes: Int?
    /// Bounded by the prefetch count: the broker sends no more before these are settled.
    private let lane: InflationLane
    /// The offset after the last message of a stream; negative before the first.
    private let offset = Atomic<Int64>(-1)

    init(_ environment: RabbitListener.Environment) {
        state = Guarded(State(topology: environment.topology))
        logger = environment.logger
        troubles = environment.troubles
        handOn = environment.receive
        maximumInflatedBytes = environment.maximumInflatedBytes
        lane = InflationLane(
            worker: { [inflater = environment.inflater] in inflater.loop },
            loop: environment.loop,
            maximumBytes: .max
        )
    }

    var topology: ListeningTopology { state.withLock { $0.topology } }

    func established() { state.withLock { $0.isUsed = true } }

    func renew() {
        state.withLock { $0 = State(topology: $0.topology.renewed(wasConsumed: $0.isUsed)) }
    }

    func forgetFormerQueue() { state.withLock { $0.topology = $0.topology.withoutFormer } }

    var streamOffset: Int64? {
        let offset = offset.load(ordering: .relaxed)
        return offset < 0 ? nil : offset
    }

    func receive(_ deliveries: [Delivery], on connection: Connection, of session: ConsumerSession) {
        let (isStopping, topology) = (session.isStopping, topology)
        for delivery in deliveries where !session.isRetired {
            let isLate = delivery.consumerTag == ListeningTopology.Consumer.formerTag
            let consumer = isLate ? topology.formerConsumer : topology.consumer(delivery.consumerTag)
            if isStopping, consumer?.isOwn != true {
                connection.reject(deliveryTag: delivery.deliveryTag, requeue: true)
            } else {
                if consumer?.isStream == true { noteOffset(delivery) }
                let settlement = DeliverySettlement(delivery, on: connection)
                if let maximumInflatedBytes, MessageBody.isCompressed(delivery) {
                    handOverCompressed(delivery, of: consumer, settlement, maximumInflatedBytes, session)
                } else {
                    handOver(delivery, of: consumer, settlement)
                }
            }
        }
    }

    private func handOver(
        _ delivery: Delivery,
        of consumer: ListeningTopology.Consumer?,
        _ settlement: DeliverySettlement
    ) {
        do throws(UnreadableMessage) {
            try handOn(delivery, consumer, settlement)
        } catch {
            drop(settlement, of: consumer, error)
        }
    }

    /// Hands on what is short; what is long, and what comes after it, is inflated and handed on by another thread.
    private func handOverCompressed(
        _ delivery: Delivery,
        of consumer: ListeningTopology.Consumer?,
        _ settlement: DeliverySettlement,
        _ maximumBytes: Int,
        _ session: ConsumerSession
    ) {
        do throws(UnreadableMessage) {
            if lane.isEmpty,
                let short = try MessageBody.inflatedIfShort(delivery, maximumBytes: maximumBytes)
            {
                return try handOn(short, consumer, settlement)
            }
        } catch {
            return drop(settlement, of: consumer, error)
        }
        // The lane has room for as much as the broker sends.
        _ = lane.add(bytes: delivery.body.count) { [self] end in
            defer { end() }
            guard !session.isRetired else { return }
            if session.isStopping, consumer?.isOwn != true {
                settlement.reject(requeue: true)
            } else {
                handOver(delivery, of: consumer, settlement)
            }
        }
    }

    private func drop(
        _ settlement: DeliverySettlement,
        of consumer: ListeningTopology.Consumer?,
        _ error: UnreadableMessage
    ) {
        let queue = consumer?.queue ?? ""
        let metadata: Logger.Metadata = ["queue": "\(queue)", "reason": "\(error.reason)"]
        troubles.tell("unreadable message dropped", metadata, .message(in: queue), to: logger)
        settlement.reject(requeue: false)
    }

    private func noteOffset(_ delivery: Delivery) {
        let header = delivery.properties.headers?[ListeningTopology.Consumer.streamOffset]
        if case .int64(let seen)? = header { offset.store(seen + 1, ordering: .relaxed) }
    }
}
