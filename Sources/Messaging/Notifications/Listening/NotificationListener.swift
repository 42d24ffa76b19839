// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import ServiceLifecycle
public import Threads

/// Gets notifications and gives them to endpoints (`oslo_messaging.get_notification_listener` and
/// `get_batch_notification_listener`).
///
/// A notification is acknowledged after the endpoints have run, so one that was being handled when the process died comes
/// again, here or to another listener. What has not started when the listener stops goes back into its queue.
///
///     let endpoint = NotificationEndpoint().on(.info, .error) { print($0.eventType, $0.payload.string) }
///     let listener = NotificationListener(driver: driver, topics: ["notifications"], endpoints: [endpoint])
///     try await ServiceGroup(services: [listener], gracefulShutdownSignals: [.sigterm], logger: logger).run()
///
/// Every function may be called from any thread.
public final class NotificationListener: Sendable {
    /// What is consumed.
    public let subscription: NotificationSubscription
    let configuration: NotificationListenerConfiguration
    private let driver: any NotificationDriver
    private let intake: NotificationIntake
    private let logger: Logger
    private let phase = Guarded(Phase.idle)

    private enum Phase: Sendable {
        case idle
        case listening(any Listener)
        case stopped(any Listener)
    }

    /// Makes a listener that does not listen yet.
    ///
    /// - Parameters:
    ///   - driver: what carries the messages; the listener neither starts it nor shuts it down.
    ///   - sources: the topics; the priorities are those that the endpoints have functions for.
    ///   - endpoints: who gets the notifications, one after the other in this order.
    ///   - serializer: what turns payloads and contexts into the endpoints' form.
    public convenience init(
        driver: any NotificationDriver,
        sources: [NotificationSubscription.Source],
        endpoints: [NotificationEndpoint],
        configuration: NotificationListenerConfiguration = NotificationListenerConfiguration(),
        serializer: any Serializer = NoOpSerializer(),
        logger: Logger = Logger(label: "messaging.notifications")
    ) {
        self.init(
            driver: driver,
            sources: sources,
            endpoints: endpoints,
            configuration: configuration,
            serializer: serializer,
            logger: logger,
            sleep: { try? await Task.sleep(for: $0) }
        )
    }

    /// Makes a listener for topics of the transport's default exchange.
    public convenience init(
        driver: any NotificationDriver,
        topics: [String] = ["notifications"],
        endpoints: [NotificationEndpoint],
        configuration: NotificationListenerConfiguration = NotificationListenerConfiguration(),
        serializer: any Serializer = NoOpSerializer(),
        logger: Logger = Logger(label: "messaging.notifications")
    ) {
        self.init(
            driver: driver,
            sources: topics.map { NotificationSubscription.Source(topic: $0) },
            endpoints: endpoints,
            configuration: configuration,
            serializer: serializer,
            logger: logger
        )
    }

    init(
        driver: any NotificationDriver,
        sources: [NotificationSubscription.Source],
        endpoints: [NotificationEndpoint],
        configuration: NotificationListenerConfiguration,
        serializer: any Serializer,
        logger: Logger,
        sleep: @escaping @Sendable (Duration) async -> Void
    ) {
        self.driver = driver
        self.configuration = configuration
        self.logger = logger
        let dispatcher = NotificationDispatcher(endpoints: endpoints, serializer: serializer, logger: logger)
        subscription = NotificationSubscription(
            sources: sources,
            priorities: dispatcher.priorities,
            pool: configuration.pool,
            isTemporary: configuration.isTemporary
        )
        let work = NotificationWork(
            dispatcher: dispatcher,
            configuration: configuration,
            sleep: sleep,
            logger: logger
        )
        intake = NotificationIntake(work: work, configuration: configuration)
    }

    /// Begins to listen; if it has been started already, it says so in the log and does nothing.
    ///
    /// - Throws: `invalidTarget` without a topic, or when no endpoint has a function; `invalidRequest` between a stop and
    ///   the end of the wait after it.
    public func start() throws(MessagingError) {
        let listener = try driver.makeNotificationListener(subscription) { [intake] in intake.receive($0) }
        let before = phase.withLock { phase in
            defer { if case .idle = phase { phase = .listening(listener) } }
            return phase
        }
        switch before {
        case .idle:
            intake.resume()
            listener.start()
            logger.info("listener started", metadata: logged)
        case .listening: logger.warning("the listener has been started already", metadata: logged)
        case .stopped:
            throw MessagingError(.invalidRequest, "The listener has stopped: wait for it before the next start")
        }
    }

    /// Returns once notifications are consumed.
    ///
    /// - Throws: `brokerUnavailable` or another reason at the deadline; `shutdown` when it is not started.
    public func waitUntilConsuming(deadline: Moment) async throws(MessagingError) {
        guard case .listening(let listener) = phase.withLock({ $0 }) else {
            throw MessagingError(.shutdown, "The listener is not started")
        }
        try await listener.waitUntilConsuming(deadline: deadline)
    }

    /// Whether notifications are being consumed.
    public var isConsuming: Bool {
        if case .listening(let listener) = phase.withLock({ $0 }) { listener.isConsuming } else { false }
    }

    /// How many notifications, or batches of them, are being handled.
    public var runningCount: Int { intake.runningCount }

    /// Stops listening: what has not started goes back into its queue, or is handled when the queue goes with the
    /// listener.
    ///
    /// Endpoints under way go on; see `wait(deadline:)`.
    public func stop(deadline: Moment = .now.advanced(by: .seconds(10))) async {
        let listener = phase.withLock { phase -> (any Listener)? in
            guard case .listening(let listener) = phase else { return nil }
            phase = .stopped(listener)
            return listener
        }
        guard let listener else { return }
        let unstarted = intake.stop()
        await listener.stop(deadline: deadline)
        giveBack(unstarted + intake.takeHeld())
        logger.info("listener stopped", metadata: logged)
    }

    /// Waits for the endpoints under way, then disconnects; stops first if that was not done.
    ///
    /// - Returns: whether everything ended before the deadline. What has not ended is left running and comes again.
    @discardableResult
    public func wait(deadline: Moment) async -> Bool {
        await stop(deadline: deadline)
        guard case .stopped(let listener) = phase.withLock({ $0 }) else { return true }
        let isDrained = await Deadline.run(until: deadline) { [intake] in await intake.waitUntilIdle() }
        if !isDrained {
            logger.error("endpoints still run at the deadline", metadata: logged)
        }
        // A batch that was due just when the listener stopped.
        giveBack(intake.takeHeld())
        await listener.close(deadline: deadline)
        phase.withLock { phase in
            if case .stopped = phase { phase = .idle }
        }
        return isDrained
    }

    private func giveBack(_ messages: [any IncomingNotificationMessage]) {
        if configuration.isTemporary { intake.runAnyway(messages) } else { intake.giveBack(messages) }
    }

    private var logged: Logger.Metadata {
        let topics = subscription.sources.map(\.topic).joined(separator: ",")
        return ["topics": "\(topics)", "pool": "\(subscription.pool ?? "")", "running": "\(runningCount)"]
    }
}

/// How a listener runs.
public struct NotificationListenerConfiguration: Sendable {
    /// The queue that the listeners of a pool share (`pool`); see `NotificationSubscription.pool`. Something else has to
    /// consume the publishers' own queues, or they grow.
    public var pool: String?
    /// Whether the pool is this listener's alone, and goes with it.
    public var isTemporary: Bool
    /// Whether endpoints may put notifications back (`allow_requeue`); without it what they refuse is acknowledged.
    public var allowsRequeue: Bool
    /// How long a worker holds a refused notification before it goes back, give or take half of that: otherwise a
    /// notification that no endpoint wants would go round as fast as the broker can.
    public var requeueDelay: Duration
    /// How many notifications are handed to the endpoints together (`batch_size`).
    public var batchSize: Int
    /// How long a batch that is not full waits after its first notification (`batch_timeout`).
    public var batchTimeout: Duration
    /// Where endpoints run, and how many notifications or batches at a time.
    public var executor: RPCExecutor
    /// How long `run()` lets endpoints finish after the signal to shut down.
    public var grace: Duration

    /// Makes a configuration.
    public init(
        pool: String? = nil,
        isTemporary: Bool = false,
        allowsRequeue: Bool = false,
        requeueDelay: Duration = .milliseconds(100),
        batchSize: Int = 1,
        batchTimeout: Duration = .seconds(1),
        executor: RPCExecutor = .tasks(),
        grace: Duration = .seconds(30)
    ) {
        self.pool = pool
        self.isTemporary = isTemporary
        self.allowsRequeue = allowsRequeue
        self.requeueDelay = requeueDelay
        self.batchSize = batchSize
        self.batchTimeout = batchTimeout
        self.executor = executor
        self.grace = grace
    }
}

extension NotificationListener: Service {
    /// Listens until the service group shuts down gracefully or the task is cancelled, then stops and drains.
    ///
    /// - Throws: `invalidTarget` without a topic, or when no endpoint has a function.
    public func run() async throws {
        try start()
        try? await gracefulShutdown()
        await wait(deadline: .now.advanced(by: configuration.grace))
    }
}
