// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Logging
import Messaging
import Names
import Testing
import Threads

@testable import RabbitDriver

/// A plain AMQP client that a test looks at the broker with.
final class Peer: ConnectionDelegate {
    let deliveries: AsyncStream<Delivery>
    private let continuation: AsyncStream<Delivery>.Continuation
    private let current = Guarded<Connection?>(nil)

    init(virtualHost: String = "") async throws {
        (deliveries, continuation) = AsyncStream.makeStream()
        let url = try TestBroker.url(virtualHost: virtualHost)
        let configuration = try #require(ConnectionConfiguration.all(of: url, options: RabbitOptions()).first)
        let connection = Connection(
            configuration: configuration,
            loop: try .shared(),
            logger: Logger(label: "peer"),
            delegate: self
        )
        current.withLock { $0 = connection }
        let result = await withCheckedContinuation { continuation in
            connection.start { continuation.resume(returning: $0) }
        }
        try result.get()
    }

    private func connection() throws -> Connection { try #require(current.withLock { $0 }) }

    @discardableResult
    func perform(_ methods: [ChannelMethod]) async throws -> [MethodReply] {
        let connection = try connection()
        let result: Result<[MethodReply], AMQPError> = await withCheckedContinuation { continuation in
            connection.perform(methods) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    @discardableResult
    func publish(
        to key: String,
        exchange: String = "",
        _ body: [UInt8],
        properties: Properties = Properties(contentType: "application/json")
    ) async throws -> PublishOutcome {
        let connection = try connection()
        return await withCheckedContinuation { continuation in
            connection.publish(
                PublishRequest(
                    exchange: Name(exchange),
                    routingKey: Name(key),
                    isMandatory: true,
                    properties: .own(properties),
                    body: body
                ) { continuation.resume(returning: $0) }
            )
        }
    }

    /// Publishes the request of a call to a queue.
    func call(_ method: String, on queue: String, replyQueue: String, id: UniqueID = UniqueID()) async throws {
        let request = RPCRequest(target: Target(topic: queue), method: method, timeout: .seconds(10))
        let reply = RequestEnvelope.Reply(messageID: id, queue: replyQueue)
        let body = RequestEnvelope.encode(request, uniqueID: UniqueID(), reply: reply)
        #expect(try await publish(to: queue, body) == .confirmed)
    }

    /// Declares a queue of this peer's own and consumes from it.
    func consume(_ queue: String) async throws {
        try await perform([
            .declareQueue(QueueDeclaration(name: Name(queue), isExclusive: true)),
            .consume(queue: Name(queue), noAck: true),
        ])
    }

    /// How many messages are ready in a queue; nil when it does not exist.
    func count(_ queue: String) async throws -> Int? {
        do {
            let replies = try await perform([.declareQueue(QueueDeclaration(name: Name(queue), isPassive: true))])
            guard case .queue(let declared)? = replies.first else { return nil }
            return declared.messageCount
        } catch let error as AMQPError where error.code == .notFound {
            return nil
        }
    }

    func next() async -> Delivery? {
        for await delivery in deliveries { return delivery }
        return nil
    }

    func close() async {
        guard let connection = current.withLock({ $0 }) else { return }
        await withCheckedContinuation { continuation in connection.close { continuation.resume() } }
    }

    func connection(_ connection: Connection, didReceive deliveries: [Delivery]) {
        for delivery in deliveries { continuation.yield(delivery) }
    }

    func connection(_ connection: Connection, didCloseWith error: AMQPError?) { continuation.finish() }
}

/// What a listener's handler was given, in order.
final class Inbox<Message: Sendable>: Sendable {
    let messages: AsyncStream<Message>
    private let continuation: AsyncStream<Message>.Continuation

    init() { (messages, continuation) = AsyncStream.makeStream() }

    func put(_ message: Message) { continuation.yield(message) }

    func next() async throws -> Message {
        for await message in messages { return message }
        throw CancellationError()
    }

    func next(_ count: Int) async throws -> [Message] {
        var all: [Message] = []
        while all.count < count { all.append(try await next()) }
        return all
    }
}

/// Looks again and again, for a few seconds, whether something has come true.
func eventually(_ isTrue: () async throws -> Bool) async throws -> Bool {
    let deadline = Moment.seconds(10)
    while Moment.now < deadline {
        if try await isTrue() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}
