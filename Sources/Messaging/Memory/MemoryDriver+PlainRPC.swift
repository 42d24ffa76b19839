// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

extension MemoryDriver: PlainRPCDriver {
    /// Sends a plain request and waits for its reply; see `PlainRPCDriver`.
    @discardableResult
    public func request(
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<PlainReply, MessagingError>) -> Void
    ) -> UniqueID {
        let id = UniqueID()
        guard waiters.register(id, .message(completion), deadline: request.deadline, timeout: request.timeout) else {
            return id
        }
        let message = MemoryMessage(
            content: request.message,
            routingKey: Name(request.routingKey),
            replyTo: replyQueue.text,
            correlationID: id.hexadecimal,
            expiration: request.deadline
        )
        waiters.advance(id, to: .publish)
        switch publish(message, exchange: Name(request.exchange)) {
        case .success: waiters.advance(id, to: .reply)
        case .failure(let error): waiters.fail(id, with: error)
        }
        return id
    }

    /// Sends a plain message that nobody answers; see `PlainRPCDriver`.
    public func send(
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        let message = MemoryMessage(content: request.message, routingKey: Name(request.routingKey))
        completion(publish(message, exchange: Name(request.exchange)))
    }

    /// Makes a listener that serves a queue; see `PlainRPCDriver`.
    public func makePlainListener(
        on queue: String,
        handler: @escaping @Sendable (any IncomingPlainMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        guard (1...Target.maximumNameBytes).contains(queue.utf8.count) else {
            throw MessagingError(.invalidTarget, "A queue's name has 1 to \(Target.maximumNameBytes) bytes")
        }
        return try makeListener([MemorySubscription(queue: Name(queue))]) {
            handler(MemoryIncomingPlainMessage(delivery: $0))
        }
    }
}

extension ReplyWaiters {
    /// Processes a message of the reply queue.
    func receive(_ message: MemoryMessage) {
        if let id = message.correlationID.flatMap({ plainRequest(correlationID: $0) }) {
            return receive(message.content, for: id)
        }
        do throws(ReplyEnvelopeError) {
            receive(try ReplyEnvelope(message.content.body))
        } catch {
            guard let id = error.messageID else { return }
            let message = "The reply cannot be read: \(error.reason)"
            fail(id, with: MessagingError(.badReply, message, execution: .yes, stage: .reply))
        }
    }
}
