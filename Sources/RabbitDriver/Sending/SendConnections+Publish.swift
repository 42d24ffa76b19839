//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP
internal import ConnectionPool
internal import DequeModule
internal import Messaging
internal import Threads

extension SendConnections {
    /// Hands a message to a connection on which it holds a lease.
    func publish(_ job: SendJob, on connection: Connection, _ id: Int) {
        // Before the message can be written: from here on nobody may claim that it was never sent.
        waiters.advance(job.id, to: .publish)
        let (exchange, binding) = declarations(of: job)
        connection.publish(
            PublishRequest(
                exchange: job.exchange,
                routingKey: job.routingKey,
                isMandatory: job.isMandatory,
                properties: job.properties(now: .now),
                body: job.body,
                declaring: exchange,
                binding: binding,
                declaresAnew: job.declaresAnew,
                deadline: job.deadline
            ) { [self] outcome in
                // A lost connection is told to the pool first: the retries that follow must not lease it again.
                if outcome.isConnectionLost { didClose(id) } else { giveBack(id) }
                settle(job, outcome)
            }
        )
    }

    /// Returns a lease; whoever waited longest may get it at once.
    func giveBack(_ id: Int) {
        switch state.withLock({ $0.pool.release(id, now: .now) }) {
        case .done: break
        case .handedOver(let waiter): handOver(waiter, id)
        case .actions(let actions): act(actions)
        }
    }

    /// Lets a waiter publish. A publish that is refused at once hands the lease on again, which must not nest: the first
    /// to hand over works off what the others leave.
    private func handOver(_ waiter: UniqueID, _ id: Int) {
        let isFirst = handovers.withLock { handovers in
            handovers.waiting.append((waiter, id))
            defer { handovers.isRunning = true }
            return !handovers.isRunning
        }
        guard isFirst else { return }
        while let next = nextHandover() { proceed(next.waiter, on: next.connection) }
    }

    private func nextHandover() -> (waiter: UniqueID, connection: Int)? {
        handovers.withLock { handovers in
            handovers.isRunning = !handovers.waiting.isEmpty
            return handovers.waiting.popFirst()
        }
    }

    private func declarations(of job: SendJob) -> (ExchangeDeclaration?, QueueBinding?) {
        guard let wanted = job.declaring, wanted.isDurable || job.binding?.queue.isDurable == true else {
            return (job.declaring, job.binding)
        }
        return state.withLock { state in
            (state.conflicts.adjusted(wanted), job.binding.map { state.conflicts.adjusted($0, of: wanted) })
        }
    }

    private func settle(_ job: SendJob, _ outcome: PublishOutcome) {
        switch outcome {
        case .confirmed: job.completion(.success(()))
        case .returned where job.binding != nil && !job.declaresAnew:
            // The queue was declared and has been deleted since: nothing took the message, so it may be sent again.
            send(job.afterReturn)
        case .returned(let code, let text):
            let route = "exchange \"\(job.exchange)\", routing key \"\(job.routingKey)\""
            let message = "No queue is bound for the target: \(route) (\(code) \(text))"
            job.completion(.failure(MessagingError(.undeliverable, message, stage: .publish)))
        case .rejected:
            job.completion(.failure(rejection(of: job)))
        case .failed(let error, wasSent: false): retry(job, after: error)
        case .failed(let error, wasSent: true) where hasNoExchange(job, error) && job.losses == 0:
            // Deleted between its declaration and the publish: nothing took the message, so it may be sent again.
            send(job.afterLoss)
        case .failed(let error, wasSent: true): job.completion(.failure(failure(of: job, error)))
        }
    }

    /// A message of which nothing was written may go to another connection without being sent twice.
    private func retry(_ job: SendJob, after error: AMQPError) {
        let (exchange, queue) = (job.declaring, job.binding?.queue)
        let isConflict = state.withLock { $0.conflicts.note(error, exchange: exchange, queue: queue) }
        guard isConflict || error.isConnectionLoss, job.losses < SendJob.maximumLosses else {
            let failure = MessagingError(unsent: error, exchange: job.exchange)
            noteRefusal(failure, of: job)
            return job.completion(.failure(failure))
        }
        send(job.afterLoss)
    }

    private func rejection(of job: SendJob) -> MessagingError {
        // One queue of many may have refused a fanout that the others took.
        let execution: MessagingError.Execution = job.declaring?.type == "fanout" ? .maybe : .no
        let message = "The broker refused the message (basic.nack)"
        return MessagingError(.brokerRejected, message, execution: execution, stage: .publish)
    }

    private func hasNoExchange(_ job: SendJob, _ error: AMQPError) -> Bool {
        guard let reply = error.reply, reply.code == 404 else { return false }
        return reply.text.contains("no exchange '\(job.exchange)'")
    }

    private func failure(of job: SendJob, _ error: AMQPError) -> MessagingError {
        if error.code == .timedOut {
            let message = "Timed out waiting for the broker to confirm the message"
            return MessagingError(.timeout, message, execution: .maybe, stage: .publish)
        }
        // Rights on an exchange hold for every message to it. Any other refusal closes the channel for one message, and
        // the broker does not say which of those under way it was.
        if let reply = error.reply, reply.code == 403, reply.text.contains("exchange '\(job.exchange)' in vhost") {
            return MessagingError(.brokerConfiguration, "The broker refuses the publish: \(reply)", stage: .publish)
        }
        let reason = error.reply.map { "\($0)" } ?? error.shortDescription
        let message = "The channel was lost before the broker confirmed the message (\(reason))"
        return MessagingError(.deliveryUnknown, message, execution: .maybe, stage: .publish)
    }
}

extension PublishOutcome {
    /// Whether the whole connection is gone, not only its channel.
    fileprivate var isConnectionLost: Bool {
        guard case .failed(let error, _) = self else { return false }
        return error.isConnectionLoss && error.code != .channelClosed
    }
}
