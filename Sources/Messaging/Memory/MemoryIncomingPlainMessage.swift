// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A plain message of the broker of memory, not yet acknowledged.
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
