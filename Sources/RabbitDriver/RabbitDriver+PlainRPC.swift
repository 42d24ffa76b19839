// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
public import Messaging
internal import Names

extension RabbitDriver: PlainRPCDriver {
    /// Sends a plain request and waits for its reply; see `PlainRPCDriver`.
    @discardableResult
    public func request(
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<PlainReply, MessagingError>) -> Void
    ) -> UniqueID {
        let id = UniqueID()
        if let defect = request.defect {
            completion(.failure(defect))
            return id
        }
        guard register(id, request, .message(completion)) else { return id }
        whenReady(id, deadline: request.deadline, retry: request.retry) { [self] in
            connections.send(job(request, id, expectsReply: true, .call(waiters)))
        }
        return id
    }

    /// Sends a plain message that nobody answers; see `PlainRPCDriver`.
    public func send(
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        if let defect = request.defect { return completion(.failure(defect)) }
        let id = UniqueID()
        guard register(id, request, .confirm(completion)) else { return }
        connections.send(job(request, id, expectsReply: false, .confirm(waiters)))
    }

    private func register(_ id: UniqueID, _ request: PlainRequest, _ awaited: Awaited) -> Bool {
        waiters.register(id, awaited, deadline: request.deadline, timeout: request.timeout)
    }

    /// A message on a channel of its own: whatever the broker has against the exchange concerns this message only.
    private func job(
        _ request: PlainRequest,
        _ id: UniqueID,
        expectsReply: Bool,
        _ receiver: SendJob.Receiver
    ) -> SendJob {
        SendJob(
            id: id,
            route: PublishRoute(exchange: Name(request.exchange)),
            routingKey: Name(request.routingKey),
            body: request.message.body,
            expires: expectsReply,
            ownProperties: Properties(
                request.message,
                correlationID: expectsReply ? id.hexadecimal : nil,
                replyTo: expectsReply ? replies.queue.name.text : nil
            ),
            deadline: request.deadline,
            retry: toleratedFailures(request.retry),
            isAwaited: true,
            receiver: receiver
        )
    }
}

extension RabbitDriver {
    /// Makes a listener that serves a queue of plain AMQP RPC; see `PlainRPCDriver`. A queue that exists in another
    /// form than ours (durable, without arguments) is consumed as it is.
    public func makePlainListener(
        on queue: String,
        handler: @escaping @Sendable (any IncomingPlainMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        guard !queue.isEmpty, queue.utf8.count <= Target.maximumNameBytes else {
            let message = "The queue's name must have 1 to \(Target.maximumNameBytes) bytes"
            throw MessagingError(.invalidTarget, message)
        }
        let replies = replySender
        let topology = ListeningTopology(plainQueue: queue, options: options)
        return makeListener(topology, inflates: false) { delivery, _, settlement in
            handler(
                RabbitIncomingPlainMessage(
                    message: PlainMessage(delivery),
                    replyTo: delivery.properties.replyTo,
                    correlationID: delivery.properties.correlationID,
                    settlement: settlement,
                    replies: replies
                )
            )
        }
    }
}
