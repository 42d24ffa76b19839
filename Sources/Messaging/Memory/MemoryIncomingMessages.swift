// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A message on its way to a consumer, not yet settled.
struct MemoryDelivery: Sendable {
    typealias Handler = @Sendable (MemoryDelivery) -> Void

    /// Names the delivery; never used twice.
    var tag: Int
    var message: MemoryMessage
    /// Whether the queue goes with its listener.
    var isOwned: Bool
    var broker: MemoryBroker

    /// Removes the message from its queue; false when it is there again or was settled before.
    func acknowledge() -> Bool { broker.settle(tag, requeues: false) }

    /// Puts the message back to its place.
    func requeue() { _ = broker.settle(tag, requeues: true) }
}

/// A request of the memory broker, not yet acknowledged.
struct MemoryIncomingMessage: IncomingMessage {
    let request: IncomingRequest
    let delivery: MemoryDelivery

    /// Opens a delivery; nil when it is no request, and then it has been removed from its queue.
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

/// A notification of the memory broker, not yet acknowledged.
struct MemoryIncomingNotification: IncomingNotificationMessage {
    let notification: IncomingNotification
    private let delivery: MemoryDelivery

    /// Opens a delivery; nil when it is no notification, and then it has been removed from its queue.
    init?(_ delivery: MemoryDelivery) {
        guard var notification = delivery.read(IncomingNotification.init) else { return nil }
        let key = delivery.message.routingKey
        // The priority follows the last dot, which in a `String` may hide in a longer character.
        notification.topic = key.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(key.text[..<$0]) } ?? key.text
        self.notification = notification
        self.delivery = delivery
    }

    func acknowledge() -> Bool { delivery.acknowledge() }

    func requeue() { delivery.requeue() }
}

/// A plain message of the memory broker, not yet acknowledged.
struct MemoryIncomingPlainMessage: IncomingPlainMessage {
    let delivery: MemoryDelivery

    var message: PlainMessage { delivery.message.content }

    func acknowledge() -> Bool { delivery.acknowledge() }

    func requeue() { delivery.requeue() }

    func reply(_ reply: PlainMessage, completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void) {
        guard let queue = delivery.message.replyTo, !queue.isEmpty else { return completion(.success(())) }
        let correlationID = delivery.message.correlationID
        let answer = MemoryMessage(content: reply, routingKey: Name(queue), correlationID: correlationID)
        completion(delivery.answer(answer))
    }
}
