// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A request of the broker of memory, not yet acknowledged.
struct MemoryIncomingMessage: IncomingMessage {
    let request: IncomingRequest
    let delivery: MemoryDelivery

    /// Opens a delivery; nil when it is no request, and then it is out of its queue.
    init?(_ delivery: MemoryDelivery) {
        guard let request = delivery.read(IncomingRequest.init) else { return nil }
        self.request = request
        self.delivery = delivery
    }

    var isFanout: Bool { delivery.isOwned }

    func acknowledge() -> Bool { delivery.acknowledge() }

    func requeue() { delivery.requeue() }

    func reply(_ reply: OutgoingReply, completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void) {
        guard let messageID = request.messageID else { return completion(.success(())) }
        let body = reply.body(messageID: messageID, uniqueID: UniqueID())
        completion(delivery.answer(MemoryMessage(json: body, routingKey: Name(request.replyQueue))))
    }
}

extension MemoryDelivery {
    /// Opens the body with a reader; what cannot be read is rejected, as it would be on RabbitMQ.
    func read<Content>(_ open: ([UInt8]) throws -> Content) -> Content? {
        guard message.content.contentType.isSame(as: MemoryMessage.json), let content = try? open(message.content.body)
        else {
            _ = acknowledge()
            return nil
        }
        return content
    }

    /// Publishes to the queue that the message names.
    func answer(_ reply: MemoryMessage) -> Result<Void, MessagingError> {
        let outcome = broker.publish(reply, exchange: "")
        let error = MessagingError(outcome, exchange: "", routingKey: reply.routingKey)
        return error.map { .failure($0) } ?? .success(())
    }
}
