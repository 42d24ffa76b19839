// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import HTTPServer
public import Logging
public import Messaging
internal import Names
internal import Synchronization
public import Threads

/// Answers HTTP requests with RPC: routes, calls, casts, errors, health and what operators ask for.
///
/// A request handler of the HTTP server. Calls end on a thread of the driver; nothing here blocks.
public final class HTTPGateway: HTTPRequestHandler {
    /// What the gateway tells about itself and gets from the process around it.
    public struct Environment: Sendable {
        /// The version of the program.
        public var version: String
        /// The transport's URL without secrets.
        public var transport: String
        /// The text of the metrics page; called for each request of it.
        public var metricsPage: @Sendable () -> String
        /// Whether the loops of the HTTP server turn.
        public var loopsTurn: @Sendable () -> Bool
        /// What keeps the times of operations and streams.
        public var loop: EventLoop
        /// How many listeners to notifications there may be whatever is configured, each of them a connection that stays.
        public var maximumListeners: Int
        /// How many subscriptions to notifications there may be, each of them a connection to the broker.
        public var maximumSubscriptions: Int

        /// Makes an environment.
        public init(
            version: String,
            transport: String,
            metricsPage: @escaping @Sendable () -> String,
            loopsTurn: @escaping @Sendable () -> Bool,
            loop: EventLoop,
            maximumListeners: Int = .max,
            maximumSubscriptions: Int = 1_000
        ) {
            self.version = version
            self.transport = transport
            self.metricsPage = metricsPage
            self.loopsTurn = loopsTurn
            self.loop = loop
            self.maximumListeners = maximumListeners
            self.maximumSubscriptions = maximumSubscriptions
        }
    }

    let driver: any Driver
    let environment: Environment
    let logger: Logger
    let metrics = GatewayMetrics()
    let started = Moment.now
    let pings = Guarded(SharedAnswers<Name, Result<RPCReply, MessagingError>>())
    let operations: Operations
    let idempotency = Guarded(IdempotencyStore())
    let notifications: NotificationHub
    private let current: Guarded<CallPlans>
    private let requestsInFlight = Atomic(0)
    private let drains = Atomic(false)

    /// Makes a gateway over a driver, which its owner starts and shuts down.
    public init(
        driver: any Driver,
        configuration: GatewayConfiguration,
        environment: Environment,
        logger: Logger
    ) {
        self.driver = driver
        self.environment = environment
        self.logger = logger
        operations = Operations(loop: environment.loop)
        notifications = NotificationHub(
            loop: environment.loop,
            maximumListeners: environment.maximumListeners,
            maximumSubscriptions: environment.maximumSubscriptions
        )
        current = Guarded(CallPlans(ConfigurationSnapshot(configuration)))
    }

    /// The configuration in force.
    public var configuration: GatewayConfiguration { snapshot.configuration }

    /// The same behind one reference, for requests that carry it along.
    var snapshot: ConfigurationSnapshot { current.withLock { $0.snapshot } }

    /// Puts another configuration in force, whole; requests under way keep the one they began with.
    public func update(_ configuration: GatewayConfiguration) {
        let plans = CallPlans(ConfigurationSnapshot(configuration))
        current.withLock { $0 = plans }
    }

    /// The plan of a request's path and query, if one is kept; it holds for the configuration in force.
    func plan(_ head: RequestHead) -> CallPlan? {
        current.withLock { $0.plan(path: head.path, query: head.query) }
    }

    /// Keeps a plan for later requests.
    func keep(_ plan: CallPlan, _ head: RequestHead) {
        current.withLock { $0.keep(plan, path: head.path, query: head.query) }
    }

    /// Calls and casts under way.
    public var inFlight: Int { requestsInFlight.load(ordering: .relaxed) }

    /// Whether new calls are refused because the gateway shuts down.
    public var isDraining: Bool { drains.load(ordering: .acquiring) }

    /// Turns *ready* off and refuses new calls; those under way go on.
    ///
    /// Clients that wait for the end of an operation are told that it still runs; streams of notifications end.
    public func beginGracefulShutdown() {
        drains.store(true, ordering: .releasing)
        operations.close()
        notifications.beginDraining()
    }

    /// Counts a call or cast in.
    ///
    /// - Throws: `draining`, or `overloaded` at the limit.
    func enter(limit: Int) throws(Problem) {
        guard !isDraining else { throw .draining }
        guard requestsInFlight.add(1, ordering: .acquiringAndReleasing).newValue <= limit else {
            leave()
            throw .overloaded(limit, "requests are under way", setting: "rpc.maxInFlight")
        }
    }

    /// Counts a call or cast out.
    func leave() { requestsInFlight.subtract(1, ordering: .acquiringAndReleasing) }
}
