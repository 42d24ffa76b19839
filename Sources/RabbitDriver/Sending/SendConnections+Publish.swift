//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP
internal import ConnectionPool
internal import Messaging
internal import Threads

extension SendConnections {
    /// Hands a message to a connection on which it holds a lease.
    func publish(_ job: SendJob, on connection: Connection, _ id: Int) {
        // Before the message can be written: from here on nobody may claim that it was never sent.
        waiters.advance(job.id, to: .publish)
        connection.publish(
            PublishRequest(
                exchange: job.exchange,
                routingKey: job.routingKey,
                isMandatory: true,
                properties: job.properties(now: .now),
                body: job.body,
                declaring: job.declaring.map(declaration),
                deadline: job.deadline
            ) { [self] outcome in
                giveBack(id)
                settle(job, outcome)
            }
        )
    }

    /// Returns a lease; whoever waited longest may get it at once.
    func giveBack(_ id: Int) {
        switch state.withLock({ $0.pool.release(id, now: .now) }) {
        case .done: break
        case .handedOver(let waiter): proceed(waiter, on: id)
        case .actions(let actions): act(actions)
        }
    }

    private func declaration(_ wanted: ExchangeDeclaration) -> ExchangeDeclaration {
        guard wanted.isDurable, state.withLock({ $0.nonDurableExchanges.contains(wanted.name) }) else { return wanted }
        var declaration = wanted
        declaration.isDurable = false
        return declaration
    }

    private func settle(_ job: SendJob, _ outcome: PublishOutcome) {
        switch outcome {
        case .confirmed: job.completion(.success(()))
        case .returned(let code, let text):
            let route = "exchange \"\(job.exchange)\", routing key \"\(job.routingKey)\""
            let message = "No queue is bound for the target: \(route) (\(code) \(text))"
            job.completion(.failure(MessagingError(.undeliverable, message, stage: .publish)))
        case .rejected:
            let message = "The broker refused the message (basic.nack)"
            job.completion(.failure(MessagingError(.brokerRejected, message, stage: .publish)))
        case .failed(let error, wasSent: false): retry(job, after: error)
        case .failed(let error, wasSent: true) where hasNoExchange(job, error) && job.losses == 0:
            // Deleted between its declaration and the publish: nothing took the message, so it may be sent again.
            send(job.afterLoss)
        case .failed(let error, wasSent: true): job.completion(.failure(failure(of: job, error)))
        }
    }

    /// A message of which nothing was written may go to another connection without being sent twice.
    private func retry(_ job: SendJob, after error: AMQPError) {
        if error.code == .preconditionFailed, let wanted = job.declaring, wanted.isDurable,
            error.reply?.text.contains("inequivalent arg 'durable'") == true,
            state.withLock({ $0.nonDurableExchanges.insert(wanted.name).inserted })
        {
            return send(job)
        }
        guard error.isConnectionLoss, job.losses < SendJob.maximumLosses else {
            return job.completion(.failure(MessagingError(unsent: error, exchange: job.exchange)))
        }
        send(job.afterLoss)
    }

    private func hasNoExchange(_ job: SendJob, _ error: AMQPError) -> Bool {
        guard let reply = error.reply, reply.code == 404 else { return false }
        return reply.text.contains("no exchange '\(job.exchange)'")
    }

    private func failure(of job: SendJob, _ error: AMQPError) -> MessagingError {
        // Of several publishes under way on a channel the broker's text names the exchange of the one it refused.
        if let reply = error.reply, [403, 404, 406].contains(reply.code), reply.text.contains("'\(job.exchange)'") {
            return MessagingError(.brokerConfiguration, "The broker refuses the publish: \(reply)", stage: .publish)
        }
        let message = "The connection was lost before the broker confirmed the message (\(error.shortDescription))"
        return MessagingError(.deliveryUnknown, message, execution: .maybe, stage: .publish)
    }
}
