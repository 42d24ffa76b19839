// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import ConnectionPool
internal import Logging
internal import Messaging
internal import Names
internal import Threads

/// The one connection on which a process receives its replies, kept alive and never deaf.
final class ReplyLink: Sendable {
    /// What the link needs of the driver around it.
    struct Environment: Sendable {
        var hosts: BrokerHosts
        var options: RabbitOptions
        var maximumReplyBytes: Int
        var waiters: ReplyWaiters
        var loop: EventLoop
        var logger: Logger
        var troubles: TroubleLog
        var inflater: Inflater
        /// Publishes a body to a queue; the outcome comes to the closure.
        var publish: @Sendable ([UInt8], Name, @escaping @Sendable (Result<Void, MessagingError>) -> Void) -> Void
    }

    private let intake: ReplyIntake
    private let supervisor: ConsumerSupervisor

    init(_ environment: Environment) {
        let intake = ReplyIntake(environment)
        self.intake = intake
        supervisor = ConsumerSupervisor(
            ConsumerSupervisor.Environment(
                hosts: environment.hosts,
                purpose: "replies",
                subject: "replies",
                loop: environment.loop,
                logger: environment.logger,
                troubles: environment.troubles
            ),
            intake,
            machine: ConsumerStateMachine(
                backoff: ReconnectBackoff(environment.options, hostCount: environment.hosts.count),
                proof: .loopback
            )
        )
    }

    /// The queue to which replies come at present.
    var queue: ReplyQueue { intake.queue }

    /// Connects, and keeps connecting until `stop`; only the first call does anything.
    func start() { supervisor.start() }

    /// Whether replies can be received now.
    var isUp: Bool { supervisor.isConsuming }

    /// Runs the closure once replies can be received, at once or later, or with the error that says why they cannot.
    /// Starts the link when needed.
    ///
    /// After the deadline it is not run at all.
    ///
    /// - Parameter retry: how many failed attempts are tolerated; nil for any number.
    func whenReady(
        _ id: UniqueID,
        deadline: Moment,
        retry: Int?,
        _ proceed: @escaping @Sendable (MessagingError?) -> Void
    ) {
        if isUp { return proceed(nil) }
        start()
        supervisor.wait(id, .init(deadline: deadline, retry: retry)) { [supervisor] outcome in
            switch outcome {
            case .reached: proceed(nil)
            case .timedOut: break
            case .stopped: proceed(MessagingError(.shutdown, "The transport is shut down", stage: .connect))
            case .refused, .unreachable:
                let error = supervisor.lastError ?? AMQPError(.connectionClosed, "the attempt to connect has failed")
                proceed(MessagingError(unreachable: error))
            }
        }
    }

    /// Whether replies can be received (or nobody has asked for any), when a message of our own last came back, and
    /// what is wrong.
    var status: (isWell: Bool, lastLoopback: Moment?, problem: AMQPError?) { supervisor.status }

    /// Deletes the reply queue and closes the connection, within the deadline.
    func stop(deadline: Moment) async { await supervisor.close(deadline: deadline) }
}

/// Reads what comes to the reply queue: replies to calls, to plain requests, and the driver's own messages.
private final class ReplyIntake: Consumption {
    private let environment: ReplyLink.Environment
    private let loopback = Loopback()
    private let compressed: CompressedReplies
    let queue = ReplyQueue()

    init(_ environment: ReplyLink.Environment) {
        self.environment = environment
        compressed = CompressedReplies(
            loop: environment.loop,
            inflater: environment.inflater,
            maximumBytes: environment.maximumReplyBytes
        ) { result in
            switch result {
            case .success(let reply): environment.waiters.receive(reply)
            case .failure(let error): environment.refuse(error)
            }
        }
    }

    var topology: ListeningTopology { ListeningTopology(queue, options: environment.options) }

    func renew() { queue.renew() }

    func established() { queue.noteUse() }

    func forgetFormerQueue() { queue.forgetFormer() }

    func sendLoopback(_ supervisor: ConsumerSupervisor) {
        let sentAt = Moment.now
        environment.publish(loopback.body, queue.name) { supervisor.loopbackEnded($0, sentAt: sentAt) }
    }

    /// Processes the messages of the reply queue; those that are no replies are refused without harm to the others.
    func receive(_ deliveries: [Delivery], on connection: Connection, of session: ConsumerSession) {
        // By index: no delivery is copied.
        for index in deliveries.indices {
            let deliveryTag = deliveries[index].deliveryTag
            if read(deliveries[index], session) {
                session.settlements.note(deliveryTag, bytes: deliveries[index].body.count)
            } else {
                acknowledge(session.settlements.take(), on: connection)
                connection.reject(deliveryTag: deliveryTag, requeue: false)
            }
        }
        acknowledge(session.settlements.takeIfDue(), on: connection)
    }

    private func acknowledge(_ deliveryTag: UInt64?, on connection: Connection) {
        guard let deliveryTag else { return }
        connection.acknowledge(deliveryTag: deliveryTag, multiple: true)
    }

    private func read(_ delivery: Delivery, _ session: ConsumerSession) -> Bool {
        if let correlationID = delivery.properties.correlationID.flatMap({ UniqueID(hexadecimal: $0) }) {
            return readPlain(delivery, correlationID)
        }
        do throws(ReplyEnvelopeError) {
            try ReplyEnvelope.check(delivery, maximumBytes: environment.maximumReplyBytes)
            if let format = try BodyCompression.format(of: delivery) {
                try compressed.read(delivery.body, format)
                return true
            }
            let reply = try ReplyEnvelope(delivery.body)
            if reply.messageID == loopback.id {
                session.settlements.expedite()
                session.loopbackArrived()
            } else {
                environment.waiters.receive(reply)
            }
            return true
        } catch {
            environment.refuse(error)
            return false
        }
    }

    /// Gives a delivery with one of our identifiers as `correlation_id` to the plain request that waits for it,
    /// whatever its body is; a late one is dropped.
    ///
    /// - Returns: false when it is too large, and then its request has failed.
    private func readPlain(_ delivery: Delivery, _ id: UniqueID) -> Bool {
        guard delivery.body.count <= environment.maximumReplyBytes else {
            let message = "The reply has \(delivery.body.count) bytes, the limit is \(environment.maximumReplyBytes)"
            let error = MessagingError(.badReply, message, execution: .yes, stage: .reply)
            environment.waiters.fail(id, with: error)
            return false
        }
        environment.waiters.receive(PlainMessage(delivery), for: id)
        return true
    }
}

extension ReplyLink.Environment {
    /// Tells the log, and the call that it most likely answers, of a message that is no reply.
    fileprivate func refuse(_ error: ReplyEnvelopeError) {
        let reason: Logger.Metadata = ["reason": "\(error.reason)"]
        troubles.tell("undecodable reply", reason, .reply(error.kind), to: logger)
        guard let id = error.messageID else { return }
        let message = "The reply cannot be read: \(error.reason)"
        waiters.fail(id, with: MessagingError(.badReply, message, execution: .yes, stage: .reply))
    }
}

/// The message that a driver sends to itself: shaped like a reply to a call that nobody made.
private struct Loopback: Sendable {
    let id = UniqueID()

    var body: [UInt8] {
        let inner = #"{\"result\": null, \"failure\": null, \"ending\": true, \"_msg_id\": \"\#(id.hexadecimal)\", "#
        let unique = #"\"_unique_id\": \"\#(UniqueID().hexadecimal)\"}"#
        return Array(#"{"oslo.version": "2.0", "oslo.message": "\#(inner)\#(unique)"}"#.utf8)
    }
}

extension ReplyEnvelope {
    /// Checks a delivery of the reply queue, all but the content of its body.
    ///
    /// - Throws: the reason why it is no reply, with the call it most likely answers.
    fileprivate static func check(_ delivery: Delivery, maximumBytes: Int) throws(ReplyEnvelopeError) {
        guard delivery.body.count <= maximumBytes else {
            let reason = "it has \(delivery.body.count) bytes, the limit is \(maximumBytes)"
            throw ReplyEnvelopeError(.tooLarge, reason: reason, salvagedFrom: delivery.body)
        }
        guard delivery.properties.contentType == "application/json" else {
            let type = delivery.properties.contentType.map { "\"\($0)\"" } ?? "absent"
            throw ReplyEnvelopeError(.contentType, reason: "its content type is \(type)", salvagedFrom: delivery.body)
        }
    }
}
