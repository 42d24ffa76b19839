// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import ServiceLifecycle
public import Threads

/// Serves a queue with RabbitMQ's own RPC pattern: runs a function for each message and sends what it returns to the
/// message's `reply_to` with its `correlation_id`.
///
/// A message is acknowledged when the function has returned and its reply is with the broker: after a crash another
/// server does it again. A function that throws leaves its caller without a reply, and the message is removed from the
/// queue all the same, so that it cannot fail again and again; say what went wrong in a reply instead.
public final class PlainRPCServer: Sendable {
    /// Makes the reply to a message; nil for none.
    public typealias Handler = @Sendable (PlainMessage) async throws -> PlainMessage?

    /// The queue.
    public let queue: String
    private let grace: Duration
    private let pool: WorkerPool<any IncomingPlainMessage>
    private let listener: any Listener
    private let isStarted = Guarded(false)

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - driver: what carries the messages; the server neither starts it nor shuts it down.
    ///   - queue: the queue, declared durable if it does not exist.
    ///   - grace: how long `run()` lets functions under way finish.
    /// - Throws: `invalidTarget` for a name that AMQP cannot carry.
    public init(
        driver: any PlainRPCDriver,
        queue: String,
        executor: RPCExecutor = .tasks(),
        grace: Duration = .seconds(30),
        logger: Logger = Logger(label: "messaging.plain"),
        handler: @escaping Handler
    ) throws(MessagingError) {
        self.queue = queue
        self.grace = grace
        let troubles = RareLog<MessageTrouble>()
        let pool = WorkerPool<any IncomingPlainMessage>(executor: executor) { incoming in
            do {
                try await Self.answer(incoming, handler)
            } catch {
                let metadata: Logger.Metadata = ["reason": "\(error)"]
                let cause = MessageTrouble(.noReply, error)
                troubles.tell(.error, "a message of plain RPC got no reply", metadata, cause, to: logger)
            }
            _ = incoming.acknowledge()
        }
        self.pool = pool
        listener = try driver.makePlainListener(on: queue) { if !pool.submit($0) { $0.requeue() } }
    }

    /// Begins to listen; if it has been started already, it does nothing.
    public func start() {
        let isFirst = isStarted.withLock { started in
            defer { started = true }
            return !started
        }
        if isFirst { listener.start() }
    }

    /// Returns once the queue is consumed.
    ///
    /// - Throws: `brokerUnavailable` or another reason at the deadline.
    public func waitUntilServing(deadline: Moment) async throws(MessagingError) {
        try await listener.waitUntilConsuming(deadline: deadline)
    }

    /// Stops listening, gives back what has not started, waits for what runs, and disconnects.
    ///
    /// - Returns: whether everything ended before the deadline.
    @discardableResult
    public func stop(deadline: Moment) async -> Bool {
        pool.hold()
        await listener.stop(deadline: deadline)
        for message in pool.stop() { message.requeue() }
        let isDrained = await Deadline.run(until: deadline) { [pool] in await pool.waitUntilIdle() }
        await listener.close(deadline: deadline)
        return isDrained
    }

    private static func answer(_ incoming: any IncomingPlainMessage, _ handler: Handler) async throws {
        guard let reply = try await handler(incoming.message) else { return }
        try await withCheckedContinuation { continuation in
            incoming.reply(reply) { continuation.resume(returning: $0) }
        }.get()
    }
}

extension PlainRPCServer: Service {
    /// Serves until the service group shuts down gracefully or the task is cancelled, then stops and drains.
    public func run() async throws {
        start()
        try? await gracefulShutdown()
        await stop(deadline: .now.advanced(by: grace))
    }
}
