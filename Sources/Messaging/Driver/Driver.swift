// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// What carries messages: a broker, or memory (`oslo_messaging._drivers.base.BaseDriver`).
///
/// Every function returns at once and may be called from any thread. A completion runs exactly once, on a thread of the
/// driver or within the call; it must not block. No completion comes later than the request's deadline plus the latency
/// of one wake-up.
public protocol Driver: Sendable {
    /// Sends a request and waits for the reply.
    ///
    /// The target has been validated. Failures say in `execution` what is known about the method.
    ///
    /// - Returns: the identifier by which `cancel` knows the call.
    @discardableResult
    func call(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) -> UniqueID

    /// Ends a wait for replies with `cancelled`; one that has ended is left alone. A message that was sent is not
    /// called back.
    func cancel(_ id: UniqueID)

    /// Sends a request that nobody answers; succeeds once the broker has confirmed it and routed it to a queue.
    func cast(_ request: RPCRequest, completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void)

    /// Looks at the queue of a target without sending anything; nil when there is no such queue.
    func inspect(
        _ target: Target,
        deadline: Moment,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    )

    /// How the driver stands; cheap, never blocks.
    var status: DriverStatus { get }

    /// The most file descriptors that it takes.
    var descriptors: DriverDescriptors { get }

    /// Connects, and keeps connecting until the shutdown.
    func start()

    /// Ends: calls still waiting at the deadline fail with `draining`, what was declared for this process is deleted.
    func shutdown(deadline: Moment) async
}

extension Driver {
    /// None.
    public var descriptors: DriverDescriptors { DriverDescriptors() }
}

/// The most file descriptors that a driver takes.
public struct DriverDescriptors: Sendable, Hashable {
    /// For all that it does apart from listeners.
    public var own: Int
    /// For each listener.
    public var perListener: Int

    /// Makes a statement; a driver without connections takes none.
    public init(own: Int = 0, perListener: Int = 0) {
        self.own = own
        self.perListener = perListener
    }
}

/// How a driver stands with its broker at one moment.
public struct DriverStatus: Sendable {
    /// Whether the connection that receives replies is up and consuming.
    public var isConnected: Bool
    /// The broker's reason while it blocks publishers.
    public var blockedReason: String?
    /// When a message of our own last came back through our own reply queue; nil before the first.
    public var lastLoopback: Moment?
    /// What keeps the replies away, in words without credentials.
    public var problem: String?
    /// Calls that wait for their reply.
    public var waitingCalls: Int
    /// The pool of publishing connections.
    public var sendConnections: SendConnections

    /// The pool of publishing connections in numbers.
    public struct SendConnections: Sendable {
        /// Connections that are open.
        public var open: Int
        /// Publishes under way.
        public var leases: Int
        /// Requests that wait for a connection.
        public var waiting: Int

        /// Makes the numbers.
        public init(open: Int = 0, leases: Int = 0, waiting: Int = 0) {
            self.open = open
            self.leases = leases
            self.waiting = waiting
        }
    }

    /// Makes a status.
    public init(
        isConnected: Bool,
        blockedReason: String? = nil,
        lastLoopback: Moment? = nil,
        problem: String? = nil,
        waitingCalls: Int = 0,
        sendConnections: SendConnections = SendConnections()
    ) {
        self.isConnected = isConnected
        self.blockedReason = blockedReason
        self.lastLoopback = lastLoopback
        self.problem = problem
        self.waitingCalls = waitingCalls
        self.sendConnections = sendConnections
    }
}
