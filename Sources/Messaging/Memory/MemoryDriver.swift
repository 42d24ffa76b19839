// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names
public import Threads

/// A driver inside one process, for `memory://` and `fake://` (`oslo_messaging._drivers.impl_fake`).
///
/// Requests and replies travel in oslo.messaging's own bodies through a small broker with RabbitMQ's rules, so that a
/// program behaves as it would on RabbitMQ. Each driver has a broker of its own unless it is given one to share.
public final class MemoryDriver: Driver {
    let controlExchange: Name
    let broker: MemoryBroker
    let waiters: ReplyWaiters
    let prefetchCount: Int
    /// The queue of this driver's replies.
    let replyQueue = Name("reply_\(UniqueID().hexadecimal)")
    private let replies: MemoryListener
    private let listeners = Guarded<[MemoryListener]?>([])

    /// Makes a driver.
    ///
    /// - Parameters:
    ///   - controlExchange: the exchange of targets that name none.
    ///   - broker: the broker; drivers that share one reach each other. nil makes one.
    ///   - prefetchCount: the most messages of a queue that a listener holds unacknowledged.
    ///   - loop: what keeps the deadlines and hands messages over; nil has the broker make one.
    /// - Throws: when there is no descriptor or thread left for that one.
    public init(
        controlExchange: String = "openstack",
        broker: MemoryBroker? = nil,
        prefetchCount: Int = 256,
        loop: EventLoop? = nil
    ) throws(OutOfResources) {
        let broker = if let broker { broker } else { try MemoryBroker(loop: loop) }
        self.controlExchange = Name(controlExchange)
        self.broker = broker
        waiters = ReplyWaiters(loop: loop ?? broker.loop)
        self.prefetchCount = max(1, prefetchCount)
        replies = MemoryListener(
            broker: broker,
            subscriptions: [MemorySubscription(queue: replyQueue, isOwned: true, isBounded: false)],
            prefetchCount: .max
        ) { [waiters] delivery in
            if delivery.acknowledge() { waiters.receive(delivery.message) }
        }
        replies.start()
    }

    deinit {
        replies.end()
        waiters.stop(failing: Self.shutdownError)
    }

    /// Calls one server of the target; see `Driver`. `retry` has no meaning here.
    @discardableResult
    public func call(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) -> UniqueID {
        let id = UniqueID()
        let isTaken = waiters.register(
            id,
            .reply(completion),
            deadline: request.deadline,
            timeout: request.timeout,
            monitorTimeout: request.callMonitorTimeout
        )
        if isTaken { sendCall(request, id, checksConsumers: request.checksConsumers) }
        return id
    }

    /// Ends a wait for replies; see `Driver`.
    public func cancel(_ id: UniqueID) { waiters.cancel(id) }

    /// Puts a message into one queue, or into that of every server for a fanout; see `Driver`.
    public func cast(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void
    ) {
        let id = UniqueID()
        let body = RequestEnvelope.encode(request, uniqueID: id, reply: nil)
        completion(publish(body, to: request.target).map { CastReceipt(uniqueID: id) })
    }

    /// Looks at the queue of a target; see `Driver`.
    public func inspect(
        _ target: Target,
        deadline: Moment,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    ) {
        if isShutDown { return completion(.failure(Self.shutdownError)) }
        completion(.success(broker.change { $0.inspect(Name(target.queueName), now: .now) }))
    }

    /// Always connected; the last loopback is always the present moment.
    public var status: DriverStatus {
        DriverStatus(isConnected: !isShutDown, lastLoopback: .now, waitingCalls: waiters.count)
    }

    /// Does nothing: memory is always there.
    public func start() {}

    /// Fails the calls that still wait and closes the listeners; see `Driver`.
    public func shutdown(deadline: Moment) async {
        let open = listeners.withLock { listeners in
            defer { listeners = nil }
            return listeners
        }
        guard let open else { return }
        waiters.stop(failing: Self.shutdownError)
        for listener in open { await listener.close(deadline: deadline) }
        await replies.close(deadline: deadline)
    }
}

extension MemoryDriver {
    static let shutdownError = MessagingError(.shutdown, "The transport is shutting down", execution: .maybe)

    /// Sends the body of a call whose waiter is registered.
    func sendCall(_ request: RPCRequest, _ id: UniqueID, checksConsumers: Bool) {
        let reply = RequestEnvelope.Reply(messageID: id, queue: replyQueue.text)
        let body = RequestEnvelope.encode(request, uniqueID: UniqueID(), reply: reply)
        waiters.advance(id, to: .publish)
        switch publish(body, to: request.target, expiration: request.deadline, checksConsumers: checksConsumers) {
        case .success: waiters.advance(id, to: .reply)
        case .failure(let error): waiters.fail(id, with: error)
        }
    }

    /// Publishes a body to a target, whose exchange is declared first.
    func publish(
        _ body: [UInt8],
        to target: Target,
        expiration: Moment? = nil,
        checksConsumers: Bool = false
    ) -> Result<Void, MessagingError> {
        let exchange = target.isFanout ? Name(target.fanoutExchange) : exchange(target.exchange)
        let key = target.isFanout ? "" : Name(target.queueName)
        let kind = target.isFanout ? MemoryExchange.Kind.fanout : .topic
        let message = MemoryMessage(json: body, routingKey: key, expiration: expiration)
        broker.change { $0.declare(exchange: exchange, kind) }
        return publish(message, exchange: exchange, checksConsumers: checksConsumers)
    }

    /// Publishes a message.
    func publish(
        _ message: MemoryMessage,
        exchange: Name,
        checksConsumers: Bool = false
    ) -> Result<Void, MessagingError> {
        if isShutDown { return .failure(Self.shutdownError) }
        let outcome = broker.publish(message, exchange: exchange, checksConsumers: checksConsumers)
        let error = MessagingError(outcome, exchange: exchange, routingKey: message.routingKey)
        return error.map { .failure($0) } ?? .success(())
    }

    /// The exchange of a target.
    func exchange(_ name: String?) -> Name { name.map { Name($0) } ?? controlExchange }

    private var isShutDown: Bool { listeners.withLock { $0 == nil } }

    /// Makes a listener that ends with the driver.
    func makeListener(
        _ subscriptions: [MemorySubscription],
        handler: @escaping MemoryDelivery.Handler
    ) throws(MessagingError) -> MemoryListener {
        let listener = MemoryListener(
            broker: broker,
            subscriptions: subscriptions,
            prefetchCount: prefetchCount,
            handler: handler
        )
        let isKept = listeners.withLock { listeners in
            listeners?.removeAll(where: \.isStopped)
            listeners?.append(listener)
            return listeners != nil
        }
        guard isKept else { throw Self.shutdownError }
        return listener
    }
}

extension MemoryDriver: GatheringDriver {
    /// Calls every server of a topic; see `GatheringDriver`.
    @discardableResult
    public func gather(
        _ request: RPCRequest,
        minimum: Int?,
        completion: @escaping @Sendable (Result<GatheredReplies, MessagingError>) -> Void
    ) -> UniqueID {
        let id = UniqueID()
        let isTaken = waiters.registerGather(id, minimum: minimum, request, completion: completion)
        if isTaken { sendCall(request, id, checksConsumers: false) }
        return id
    }
}
