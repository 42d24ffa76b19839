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
    func call(_ request: RPCRequest, completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void)

    /// Sends a request that nobody answers; succeeds once the broker has confirmed it and routed it to a queue.
    func cast(_ request: RPCRequest, completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void)

    /// Looks at the queue of a target without sending anything; nil when there is no such queue.
    func inspect(
        _ target: Target,
        deadline: Moment,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    )

    /// How the driver stands now; cheap, never blocks.
    var status: DriverStatus { get }

    /// The file descriptors that it takes at the most.
    var descriptors: DriverDescriptors { get }

    /// Connects and goes on connecting until the shutdown.
    func start()

    /// Ends: calls still waiting at the deadline fail with `draining`, what was declared for this process is deleted.
    func shutdown(deadline: Moment) async
}

extension Driver {
    /// None.
    public var descriptors: DriverDescriptors { DriverDescriptors() }
}
