//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP
public import Messaging

extension RabbitDriver: PlainRPCDriver {
    /// Sends a plain request and waits for its reply; see `PlainRPCDriver`.
    public func request(
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<PlainReply, MessagingError>) -> Void
    ) {
        if let defect = request.defect { return completion(.failure(defect)) }
        let id = UniqueID()
        guard waiters.registerPlain(id, request, completion: completion) else { return }
        whenReady(id, deadline: request.deadline, retry: request.retry) { [self] in
            send(request, id, expectsReply: true) { [waiters] result in
                switch result {
                case .success: waiters.advance(id, to: .reply)
                case .failure(let error): waiters.fail(id, with: error)
                }
            }
        }
    }

    /// Sends a plain message that nobody answers; see `PlainRPCDriver`.
    public func send(
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        if let defect = request.defect { return completion(.failure(defect)) }
        let id = UniqueID()
        let isTaken = waiters.registerPlain(id, request) { result in completion(result.map { _ in }) }
        guard isTaken else { return }
        send(request, id, expectsReply: false) { [waiters] result in
            switch result {
            case .success: waiters.receive(PlainMessage(body: []), for: id)
            case .failure(let error): waiters.fail(id, with: error)
            }
        }
    }

    /// Publishes once the exchange is known to exist: a publish to one that does not would close the channel under
    /// everybody else's publishes. A look that fails is no reason to hold the message back.
    private func send(
        _ request: PlainRequest,
        _ id: UniqueID,
        expectsReply: Bool,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        if let refusal = refusedExchanges.refusal(of: request.exchange, now: .now) {
            return completion(.failure(refusal))
        }
        let job = job(request, id, expectsReply: expectsReply) { [refusedExchanges] result in
            if case .failure(let error) = result {
                refusedExchanges.note(error, of: request.exchange, now: .now)
            }
            completion(result)
        }
        guard !request.exchange.isEmpty else { return connections.send(job) }
        inspector.look(atExchange: request.exchange) { [connections] result in
            guard case .success(false) = result else { return connections.send(job) }
            let message =
                "No queue is bound for the target: there is no exchange \"\(request.exchange)\" (404 NOT_FOUND)"
            completion(.failure(MessagingError(.undeliverable, message, stage: .connect)))
        }
    }

    private func job(
        _ request: PlainRequest,
        _ id: UniqueID,
        expectsReply: Bool,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) -> SendJob {
        SendJob(
            id: id,
            exchange: request.exchange,
            routingKey: request.routingKey,
            declaring: nil,
            body: request.message.body,
            expires: expectsReply,
            ownProperties: Properties(
                request.message,
                correlationID: expectsReply ? id.hexadecimal : nil,
                replyTo: expectsReply ? replyQueue : nil
            ),
            deadline: request.deadline,
            retry: toleratedFailures(request.retry),
            completion: completion
        )
    }
}
