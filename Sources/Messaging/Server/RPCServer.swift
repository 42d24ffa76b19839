// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Logging
internal import Names
public import ServiceLifecycle
public import Threads

/// Serves a target: runs the methods of endpoints for callers and sends back their outcome
/// (`oslo_messaging.rpc.server.RPCServer`).
///
/// A message is acknowledged when its method is about to run: what has not started when the server stops goes back into
/// its queue for another server, and what has started is finished and replied to. As in oslo.messaging a method is run
/// at most once; a crash loses what was running.
///
/// Every function may be called from any thread.
public final class RPCServer: Sendable {
    /// What is served.
    public let target: Target
    let configuration: RPCServerConfiguration
    let logger: Logger
    private let driver: any ListeningDriver
    private let work: IncomingWork
    private let pool: WorkerPool<any IncomingMessage>
    private let phase = Guarded(Phase.idle)

    private enum Phase: Sendable {
        case idle
        case serving(any Listener)
        case stopped(any Listener)
    }

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - driver: what carries the messages; the server neither starts it nor shuts it down.
    ///   - target: its topic and server name (and exchange) are what is listened on.
    ///   - endpoints: the objects whose methods can be called, in the order in which they are tried.
    public init(
        driver: any ListeningDriver,
        target: Target,
        endpoints: [any RPCEndpoint],
        configuration: RPCServerConfiguration = RPCServerConfiguration(),
        serializer: any Serializer = NoOpSerializer(),
        accessPolicy: any RPCAccessPolicy = DefaultRPCAccessPolicy(),
        logger: Logger = Logger(label: "messaging.server")
    ) {
        self.driver = driver
        self.target = target
        self.configuration = configuration
        self.logger = logger
        let pings = configuration.answersPings && !endpoints.contains { $0.hasMethod(PingEndpoint.method) }
        let work = IncomingWork(
            dispatcher: RPCDispatcher(
                endpoints: endpoints + (pings ? [PingEndpoint()] : []),
                serializer: serializer,
                accessPolicy: accessPolicy
            ),
            logger: logger
        )
        self.work = work
        pool = WorkerPool(executor: configuration.executor) { message in await work.perform(message) }
    }

    /// Begins to listen; if it has been started already, it says so in the log and does nothing.
    ///
    /// - Throws: `invalidTarget` without topic or server, `shutdown` between `stop()` and the end of `wait(deadline:)`.
    public func start() throws(MessagingError) {
        switch phase.withLock({ $0 }) {
        case .idle: break
        case .serving:
            return logger.warning("the server has been started already", metadata: ["target": "\(target.queueName)"])
        case .stopped:
            throw MessagingError(.shutdown, "The server was stopped: call wait(deadline:) before the next start")
        }
        let listener = try driver.makeListener(on: target) { [pool] message in
            if !pool.submit(message) { message.requeue() }
        }
        let isFirst = phase.withLock { phase in
            guard case .idle = phase else { return false }
            phase = .serving(listener)
            return true
        }
        guard isFirst else { return }
        pool.resume()
        listener.start()
        logger.info("server started", metadata: ["target": "\(target.queueName)"])
    }

    /// Returns once the server's queues are consumed.
    ///
    /// - Throws: `brokerUnavailable` or another reason at the deadline; `shutdown` when it is not started.
    public func waitUntilServing(deadline: Moment) async throws(MessagingError) {
        guard case .serving(let listener) = phase.withLock({ $0 }) else {
            throw MessagingError(.shutdown, "The server is not started")
        }
        try await listener.waitUntilConsuming(deadline: deadline)
    }

    /// Whether the server's queues are being consumed.
    public var isServing: Bool {
        if case .serving(let listener) = phase.withLock({ $0 }) { listener.isConsuming } else { false }
    }

    /// How many methods are running.
    public var runningCount: Int { pool.runningCount }

    /// Stops listening: what has not started goes back into its queue, except for fanouts, which nobody else would get.
    ///
    /// Methods under way go on; see `wait(deadline:)`.
    public func stop(deadline: Moment = .now.advanced(by: .seconds(10))) async {
        let listener = phase.withLock { phase -> (any Listener)? in
            guard case .serving(let listener) = phase else { return nil }
            phase = .stopped(listener)
            return listener
        }
        guard let listener else { return }
        // Nothing is given back before the consumers are gone: the broker would deliver it here again at once.
        pool.hold()
        await listener.stop(deadline: deadline)
        let unstarted = pool.stop()
        for message in unstarted where !message.isFanout { message.requeue() }
        pool.runAnyway(unstarted.filter(\.isFanout))
        logger.info("server stopped", metadata: ["target": "\(target.queueName)", "running": "\(runningCount)"])
    }

    /// Waits for the methods under way and their replies, then disconnects; stops first if that was not done.
    ///
    /// - Returns: whether everything ended before the deadline. What has not ended is left running, and its reply may
    ///   be lost.
    @discardableResult
    public func wait(deadline: Moment) async -> Bool {
        await stop(deadline: deadline)
        let listener = phase.withLock { phase -> (any Listener)? in
            guard case .stopped(let listener) = phase else { return nil }
            phase = .idle
            return listener
        }
        let isDrained = await Deadline.run(until: deadline) { [pool, work] in
            await pool.waitUntilIdle()
            await work.waitUntilReplied()
        }
        if !isDrained {
            let counts: Logger.Metadata = ["running": "\(runningCount)", "unsent replies": "\(work.unsentCount)"]
            logger.error("methods still run, or replies are not sent, at the deadline", metadata: counts)
        }
        // Time for the goodbye, even when the drain has used it all up.
        await listener?.close(deadline: max(deadline, .now.advanced(by: .seconds(2))))
        return isDrained
    }
}

extension RPCEndpoint {
    fileprivate func hasMethod(_ name: String) -> Bool { methods.contains { $0.name.isSame(as: name) } }
}

/// How a server runs.
public struct RPCServerConfiguration: Sendable {
    /// Where methods run, and how many at a time.
    public var executor: RPCExecutor
    /// Whether the server answers `oslo_rpc_server_ping` (`rpc_ping_enabled`).
    public var answersPings: Bool
    /// How long `run()` lets methods under way finish after the signal to shut down.
    public var grace: Duration

    /// Makes a configuration; the defaults are those of oslo.messaging.
    public init(
        executor: RPCExecutor = .tasks(),
        answersPings: Bool = false,
        grace: Duration = .seconds(30)
    ) {
        self.executor = executor
        self.answersPings = answersPings
        self.grace = grace
    }
}

extension RPCServer: Service {
    /// Serves until the service group shuts down gracefully or the task is cancelled, then stops and drains.
    ///
    /// - Throws: `invalidTarget` without topic or server.
    public func run() async throws {
        try start()
        try? await gracefulShutdown()
        await wait(deadline: .now.advanced(by: configuration.grace))
    }
}
