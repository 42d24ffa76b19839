// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Messaging
internal import Threads

/// One publishing connection of the pool (oslo's PURPOSE_SEND): gives each message a channel and judges how it ended.
final class SendConnection: ConnectionDelegate, @unchecked Sendable {
    // Sound: `allocator` and `isClosed` are touched on the loop only, where the connection tells and where `publish`
    // goes first; the connection is set at the end of the initialiser, when this object may be handed out.
    let id: Int
    private let owner: SendConnections
    private let loop: EventLoop
    private var allocator: ChannelAllocator<SendJob>
    private var isClosed = false
    private var connection: Connection?

    /// How many channels a connection opens: two or three are home to the routes that nearly all messages take, the
    /// others are for guests.
    static let channelCount = 16

    // The pool's owner keeps its connections and they keep it: the cycle ends when a connection is closed.
    init(id: Int, owner: SendConnections) {
        self.id = id
        self.owner = owner
        loop = owner.loop
        allocator = ChannelAllocator(channels: Self.channelCount, homes: owner.homes)
        // Set from the start: a shutdown may close it before it is open.
        connection = owner.hosts.connection(purpose: "send", loop: loop, logger: owner.logger, delegate: self)
    }

    /// Connects; the completion runs once, on the loop.
    func start(completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void) {
        guard let connection else { return }
        connection.start(channels: Self.channelCount) { [self] result in
            // The broker may allow fewer; nothing is published before this.
            if case .success = result {
                allocator = ChannelAllocator(channels: connection.channelCount, homes: owner.homes)
            }
            completion(result)
        }
    }

    /// Closes the connection in order.
    func close() { connection?.close {} }

    /// Publishes a message that holds a lease on this connection.
    func publish(_ job: SendJob) {
        if loop.isCurrent { return admit(job) }
        loop.execute { [self] in admit(job) }
    }

    private func admit(_ job: SendJob) {
        // The lease has died with the connection.
        if isClosed { return owner.send(job) }
        let load = ChannelAllocator<SendJob>.Load(
            route: job.route,
            bytes: job.body.count,
            isOwnForm: job.mayShareChannel
        )
        switch allocator.admit(job, load, now: loop.now) {
        case .send(let ticket): send(job, ticket)
        case .wait: break
        case .refuse(let refusal):
            owner.giveBack(id)
            job.end(.failure(MessagingError(refusal)))
        }
    }

    private func send(_ job: SendJob, _ ticket: ChannelAllocator<SendJob>.Ticket) {
        // Before the message can be written: from here on nobody may claim that it was never sent. A message whose
        // caller has been told of an end already is not sent any more.
        guard !job.isAwaited || owner.waiters.begin(job.id) else {
            settle(ticket, .nothing)
            owner.giveBack(id)
            return job.end(.failure(MessagingError(.timeout, "Nobody waits for it any more", stage: .connect)))
        }
        connection?.publish(Attempt(job, ticket, self, owner.declarations(of: job)), on: ticket.channel)
    }

    /// A message on its way over a channel.
    private final class Attempt: PublishRequest, @unchecked Sendable {
        // Sound: everything in it is constant and may be used from any thread.
        private let job: SendJob
        private let ticket: ChannelAllocator<SendJob>.Ticket
        private let connection: SendConnection

        init(
            _ job: SendJob,
            _ ticket: ChannelAllocator<SendJob>.Ticket,
            _ connection: SendConnection,
            _ declarations: (exchange: ExchangeDeclaration?, binding: QueueBinding?)
        ) {
            self.job = job
            self.ticket = ticket
            self.connection = connection
            let now = Moment.now
            super.init(
                exchange: job.route.exchange,
                routingKey: job.routingKey,
                isMandatory: job.isMandatory,
                properties: job.properties(now: now),
                body: job.body,
                declaring: declarations.exchange,
                looksFirst: job.route.looksFirst,
                binding: declarations.binding,
                declaresAnew: job.declaresAnew,
                proof: job.route.proof(ticket),
                deadline: job.deadline,
                isPatient: job.isPatient(now: now)
            )
        }

        override func conclude(_ outcome: PublishOutcome) { connection.conclude(job, ticket, outcome) }
    }

    private func conclude(_ job: SendJob, _ ticket: ChannelAllocator<SendJob>.Ticket, _ outcome: PublishOutcome) {
        let isTooLarge = outcome.isRefusalOfSize && (job.isOwnForm || ticket.bytes > allocator.provenBytes)
        // The pool is told of a lost connection first: the retries that follow must not lease it again.
        if outcome.isConnectionLost { owner.didClose(id) } else { owner.giveBack(id) }
        settle(ticket, isTooLarge ? .tooLarge : outcome.verdict)
        owner.settle(job, outcome, isTooLarge: isTooLarge)
    }

    private func settle(_ ticket: ChannelAllocator<SendJob>.Ticket, _ verdict: ChannelAllocator<SendJob>.Verdict) {
        for dispatch in allocator.settle(ticket, verdict, now: loop.now) { send(dispatch.item, dispatch.ticket) }
    }

    func connection(_ connection: Connection, didBlock reason: String) { owner.didBlock(id, reason: reason) }

    func connectionDidUnblock(_ connection: Connection) { owner.didUnblock(id) }

    func connection(_ connection: Connection, didCloseWith error: AMQPError?) {
        isClosed = true
        if let error, error.isSilence { owner.noteSilence(error) }
        owner.didClose(id)
        // Nothing of these was written: they go to another connection.
        for job in allocator.removeAll() { owner.send(job) }
    }
}

extension PublishRoute {
    /// Messages do without confirms only on channels that no other route ever uses: a channel that has begun to confirm
    /// cannot stop.
    fileprivate func proof(_ ticket: ChannelAllocator<SendJob>.Ticket) -> PublishProof {
        guard !isConfirmed, ticket.isHome else { return .confirm }
        return ticket.isTrial ? .probeAtOnce : .probe
    }
}

extension PublishOutcome {
    /// Whether the whole connection is gone, not only its channel.
    fileprivate var isConnectionLost: Bool {
        guard case .failed(let error, _) = self else { return false }
        return error.isConnectionLoss && error.code != .channelClosed
    }

    /// What the outcome says about the route of the message.
    fileprivate var verdict: ChannelAllocator<SendJob>.Verdict {
        switch self {
        case .confirmed, .passed, .returned, .rejected: .taken
        case .failed(let error, _): error.reply == nil ? .nothing : .refused
        }
    }

    /// Whether the broker has refused this very message for a failed precondition of the publish itself. For messages
    /// in the driver's own form there is one such precondition: their size (RabbitMQ's `max_message_size`).
    fileprivate var isRefusalOfSize: Bool {
        guard case .failed(let error, wasSent: false) = self else { return false }
        return error.code == .preconditionFailed && error.reply?.refused == .basicPublish
    }
}
