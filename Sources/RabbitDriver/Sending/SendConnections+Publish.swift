// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import ConnectionPool
internal import DequeModule
internal import Messaging
internal import Names
internal import Threads

extension SendConnections {
    /// Returns a lease; whoever waited longest may get it at once.
    func giveBack(_ id: Int) {
        switch state.withLock({ $0.pool.release(id, now: .now) }) {
        case .done: break
        case .handedOver(let waiter): handOver(waiter, id)
        case .actions(let actions): act(actions)
        }
    }

    /// Has a waiter publish. A publish that is refused at once hands the lease on again, which must not nest: the first
    /// to hand over does the work that the others leave.
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

    /// What a message declares, in the form in which the broker holds it.
    func declarations(of job: SendJob) -> (ExchangeDeclaration?, QueueBinding?) {
        guard let wanted = job.route.declaring, wanted.isDurable || job.route.binding?.queue.isDurable == true else {
            return (job.route.declaring, job.route.binding)
        }
        return state.withLock { state in
            (state.conflicts.adjusted(wanted), job.route.binding.map { state.conflicts.adjusted($0, of: wanted) })
        }
    }

    /// Tells how a message ended, or sends it once more where the protocol says that the broker did not take it.
    func settle(_ job: SendJob, _ outcome: PublishOutcome, isTooLarge: Bool) {
        switch outcome {
        case .confirmed, .passed: job.end(.success(()))
        case .returned where job.route.binding != nil && !job.declaresAnew:
            // The queue was declared and has been deleted since: nothing took the message, so it may be sent again.
            send(job.afterReturn)
        case .returned(let code, let text):
            let route = "exchange \"\(job.route.exchange)\", routing key \"\(job.routingKey)\""
            let message = "No queue is bound for the target: \(route) (\(code) \(text))"
            job.end(.failure(MessagingError(.undeliverable, message, stage: .publish)))
        case .rejected: job.end(.failure(rejection(of: job)))
        case .failed(_, wasSent: false) where isTooLarge:
            job.end(.failure(MessagingError(tooLarge: job.body.count)))
        case .failed(let error, wasSent: false): retry(job, after: error)
        case .failed(let error, wasSent: true): job.end(.failure(failure(error)))
        }
    }

    /// A message that the broker did not take may go to another channel or connection without being sent twice.
    private func retry(_ job: SendJob, after error: AMQPError) {
        guard job.losses < SendJob.maximumLosses, isPassing(error, job) else {
            // The refusal of what was asked for first says more than that of the form that was tried next.
            let error = error.code == .preconditionFailed ? job.refusal ?? error : error
            let failure = MessagingError(
                unsent: error,
                exchange: job.route.exchange.text,
                queue: job.route.binding?.queue.name.text,
                declares: job.route.declaring != nil
            )
            noteRefusal(failure, error, of: job)
            return job.end(.failure(failure))
        }
        send(error.code == .preconditionFailed ? job.afterRefusal(error) : job.afterLoss)
    }

    private func isPassing(_ error: AMQPError, _ job: SendJob) -> Bool {
        if error.isConnectionLoss { return true }
        // What was declared for it was deleted between the declaration and the publish.
        if error.code == .notFound, error.reply?.refused != .exchangeDeclare, job.route.declaring != nil { return true }
        return state.withLock {
            $0.conflicts.note(error, exchange: job.route.declaring, queue: job.route.binding?.queue)
        }
    }

    private func rejection(of job: SendJob) -> MessagingError {
        // One of many queues may have refused a fanout that the others took.
        let execution: MessagingError.Execution = job.route.declaring?.type == "fanout" ? .maybe : .no
        let message = "The broker refused the message (basic.nack)"
        return MessagingError(.brokerRejected, message, execution: execution, stage: .publish)
    }

    private func failure(_ error: AMQPError) -> MessagingError {
        if error.code == .timedOut {
            let message = "Timed out waiting for the broker to confirm the message"
            return MessagingError(.timeout, message, execution: .maybe, stage: .publish)
        }
        let reason = error.reply.map { "\($0)" } ?? error.shortDescription
        let message = "The channel was lost before the broker confirmed the message (\(reason))"
        return MessagingError(.deliveryUnknown, message, execution: .maybe, stage: .publish)
    }
}
