// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
public import Messaging
public import Threads

/// Several drivers on RabbitMQ, one for each of several loops, that act as one.
///
/// Each has connections and a reply queue of its own, driven by its loop. A request made on one of the loops goes
/// through that loop's driver and is answered on it, so nothing crosses threads; one made elsewhere goes through the
/// first driver. The pool's options count over all of them.
public final class RabbitShards: Sendable {
    private let shards: [RabbitDriver]

    /// Makes a driver for each loop; see `RabbitDriver.init`.
    public init(
        url: TransportURL,
        context: DriverRegistry.DriverContext,
        settings: RabbitDriver.Settings = RabbitDriver.Settings(),
        loops: [EventLoop]
    ) throws {
        precondition(!loops.isEmpty, "there is a loop")
        var settings = settings
        settings.shardCount = loops.count
        let (troubles, inflater) = (TroubleLog(), Inflater())
        shards = try loops.map { loop in
            var context = context
            context.loop = loop
            return try RabbitDriver(
                url: url,
                context: context,
                settings: settings,
                troubles: troubles,
                inflater: inflater
            )
        }
    }

    /// The driver of the loop whose thread this is.
    private var own: RabbitDriver {
        guard let loop = EventLoop.current else { return shards[0] }
        return shards.first { $0.loop === loop } ?? shards[0]
    }
}

extension RabbitShards: Driver {
    /// The descriptors of all of them; see `Driver`.
    public var descriptors: DriverDescriptors {
        let all = shards.map(\.descriptors)
        return DriverDescriptors(own: all.reduce(0) { $0 + $1.own }, perListener: all[0].perListener)
    }

    /// Connects all of them; see `Driver`.
    public func start() { for shard in shards { shard.start() } }

    /// Calls a method; see `Driver`.
    @discardableResult
    public func call(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) -> UniqueID {
        own.call(request, completion: completion)
    }

    /// Ends a wait for replies, whichever driver it is with; see `Driver`.
    public func cancel(_ id: UniqueID) { for shard in shards { shard.cancel(id) } }

    /// Casts a method; see `Driver`.
    public func cast(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void
    ) {
        own.cast(request, completion: completion)
    }

    /// Looks at the queue of a target; see `Driver`.
    public func inspect(
        _ target: Target,
        deadline: Moment,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    ) {
        own.inspect(target, deadline: deadline, completion: completion)
    }

    /// How all of them stand: connected when each is; of their last own messages that came back the oldest counts.
    public var status: DriverStatus {
        let all = shards.map(\.status)
        let loopbacks = all.compactMap(\.lastLoopback)
        return DriverStatus(
            isConnected: all.allSatisfy(\.isConnected),
            blockedReason: all.lazy.compactMap(\.blockedReason).first,
            lastLoopback: loopbacks.count == all.count ? loopbacks.min() : nil,
            problem: all.lazy.compactMap(\.problem).first,
            waitingCalls: all.reduce(0) { $0 + $1.waitingCalls },
            sendConnections: DriverStatus.SendConnections(
                open: all.reduce(0) { $0 + $1.sendConnections.open },
                leases: all.reduce(0) { $0 + $1.sendConnections.leases },
                waiting: all.reduce(0) { $0 + $1.sendConnections.waiting }
            )
        )
    }

    /// Ends all of them; see `Driver`.
    public func shutdown(deadline: Moment) async {
        await withDiscardingTaskGroup { group in
            for shard in shards { group.addTask { await shard.shutdown(deadline: deadline) } }
        }
    }
}

extension RabbitShards: ListeningDriver, NotificationDriver, GatheringDriver, PlainRPCDriver {
    /// Makes a listener for a target's queues; see `ListeningDriver`.
    public func makeListener(
        on target: Target,
        handler: @escaping @Sendable (any IncomingMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        try own.makeListener(on: target, handler: handler)
    }

    /// Publishes a notification; see `NotificationDriver`.
    public func notify(
        _ notification: OutgoingNotification,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        own.notify(notification, completion: completion)
    }

    /// Makes a listener for notifications; see `NotificationDriver`.
    public func makeNotificationListener(
        _ subscription: NotificationSubscription,
        handler: @escaping @Sendable (any IncomingNotificationMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        try own.makeNotificationListener(subscription, handler: handler)
    }

    /// Calls every server of a topic; see `GatheringDriver`.
    @discardableResult
    public func gather(
        _ request: RPCRequest,
        minimum: Int?,
        completion: @escaping @Sendable (Result<GatheredReplies, MessagingError>) -> Void
    ) -> UniqueID {
        own.gather(request, minimum: minimum, completion: completion)
    }

    /// Sends a plain request and waits for its reply; see `PlainRPCDriver`.
    @discardableResult
    public func request(
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<PlainReply, MessagingError>) -> Void
    ) -> UniqueID {
        own.request(request, completion: completion)
    }

    /// Sends a plain message that nobody answers; see `PlainRPCDriver`.
    public func send(
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        own.send(request, completion: completion)
    }

    /// Makes a listener that serves a queue of plain AMQP RPC; see `PlainRPCDriver`.
    public func makePlainListener(
        on queue: String,
        handler: @escaping @Sendable (any IncomingPlainMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        try own.makePlainListener(on: queue, handler: handler)
    }
}
