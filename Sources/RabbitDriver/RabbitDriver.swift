// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Compression
internal import ConnectionPool
internal import Logging
public import Messaging
internal import Names
public import Threads

/// The driver on RabbitMQ (`oslo_messaging._drivers.impl_rabbit`), for `rabbit://` and `kombu://`.
///
/// One connection receives the replies of the process on one reply queue, a pool publishes, and one looks at queues.
/// Declarations, exchanges, routing keys, properties and bodies are those of oslo.messaging, apart from `mandatory`,
/// which is always set: a message that no queue takes is an error here, not a silent loss.
public final class RabbitDriver: Driver {
    let controlExchange: String
    let options: RabbitOptions
    /// The routes of requests to topics and servers that name no other exchange.
    let routes: RequestRoutes
    let ownedLoop: OwnedLoop
    let hosts: BrokerHosts
    let settings: Settings
    let logger: Logger
    let troubles: TroubleLog
    let inflater: Inflater
    let waiters: ReplyWaiters
    let connections: SendConnections
    let replies: ReplyLink
    let inspector: QueueInspector
    let replySender: ReplySender

    /// The settings of a driver besides its URL and oslo's options.
    public struct Settings: Sendable, Equatable {
        /// The largest body of a reply, in bytes.
        public var maximumReplyBytes: Int
        /// Whether the connection for replies is opened at the start; otherwise at the first call, which suits a
        /// process that is only a server.
        public var receivesFromStart: Bool
        /// Which way requests to topics and servers take.
        public var requestRoute: RequestRoute
        /// Whether calls to topics and servers get the broker's confirm; everything else always does.
        public var confirmsCalls: Bool
        /// How many drivers share the pool's options; each opens its part of the connections.
        var shardCount = 1

        /// Makes settings.
        public init(
            maximumReplyBytes: Int = 64 << 20,
            receivesFromStart: Bool = true,
            requestRoute: RequestRoute = .exchange,
            confirmsCalls: Bool = true
        ) {
            self.maximumReplyBytes = maximumReplyBytes
            self.receivesFromStart = receivesFromStart
            self.requestRoute = requestRoute
            self.confirmsCalls = confirmsCalls
        }
    }

    /// Makes a driver that is not yet connected; `start()` connects.
    ///
    /// - Throws: `RabbitOptionsError` with every unknown or wrong option, `OutOfResources` when there is no descriptor or
    ///   thread left for a loop.
    public convenience init(
        url: TransportURL,
        context: DriverRegistry.DriverContext,
        settings: Settings = Settings()
    ) throws {
        try self.init(url: url, context: context, settings: settings, troubles: TroubleLog(), inflater: Inflater())
    }

    /// - Parameters:
    ///   - troubles: what logs the broker's troubles, for several drivers on one broker together.
    ///   - inflater: what inflates long bodies, for all of them.
    init(
        url: TransportURL,
        context: DriverRegistry.DriverContext,
        settings: Settings,
        troubles: TroubleLog,
        inflater: Inflater
    ) throws {
        let options = try RabbitOptions(context: context, url: url)
        let hosts = BrokerHosts(url, options: options, maximumReplyBytes: settings.maximumReplyBytes)
        let ownedLoop = try OwnedLoop(context.loop, name: "rabbit")
        let loop = ownedLoop.loop
        let waiters = ReplyWaiters(loop: loop)
        let pool = PoolConfiguration(options: options, hostCount: hosts.count, shardCount: settings.shardCount)
        let routes = RequestRoutes(options, settings, controlExchange: context.controlExchange)
        let connections = SendConnections(
            hosts: hosts,
            configuration: pool,
            homes: routes.homes,
            waiters: waiters,
            loop: loop,
            logger: context.logger,
            troubles: troubles
        )
        self.options = options
        self.hosts = hosts
        self.settings = settings
        logger = context.logger
        self.troubles = troubles
        self.inflater = inflater
        self.waiters = waiters
        self.connections = connections
        controlExchange = context.controlExchange
        self.routes = routes
        self.ownedLoop = ownedLoop
        inspector = QueueInspector(hosts: hosts, loop: loop, logger: context.logger)
        replySender = ReplySender(connections: connections, options: options, logger: context.logger)
        replies = ReplyLink(
            ReplyLink.Environment(
                hosts: hosts,
                options: options,
                maximumReplyBytes: settings.maximumReplyBytes,
                waiters: waiters,
                loop: loop,
                logger: context.logger,
                troubles: troubles,
                inflater: inflater,
                publish: { body, queue, completion in
                    connections.send(.loopback(body, queue: queue, completion: completion))
                }
            )
        )
    }

    /// What drives the connections.
    var loop: EventLoop { ownedLoop.loop }

    /// Those of the pool, of the connections for replies and for looks at queues, and of one that is just being lost or
    /// tried.
    public var descriptors: DriverDescriptors {
        let pool = PoolConfiguration(options: options, hostCount: hosts.count, shardCount: settings.shardCount)
        let one = hosts.descriptorsPerConnection
        return DriverDescriptors(own: (pool.maximumConnectionHardLimit + 3) * one, perListener: one)
    }

    /// Connects and keeps connecting until the shutdown; see `Driver`.
    public func start() {
        connections.start()
        if settings.receivesFromStart { replies.start() }
    }

    /// Calls a method; see `Driver`.
    @discardableResult
    public func call(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) -> UniqueID {
        let id = UniqueID()
        guard register(id, request, .reply(completion)) else { return id }
        let queue = Name(request.target.queueName)
        // Nearly every call finds the link up and a fresh look at its queue, and needs no detour.
        if replies.isUp, !request.checksConsumers || inspector.hasConsumers(queue) {
            sendCall(request, id, queue)
            return id
        }
        whenReady(id, deadline: request.deadline, retry: request.retry) { [self] in
            checkConsumers(request, id, queue)
        }
        return id
    }

    /// Ends a wait for replies; see `Driver`.
    public func cancel(_ id: UniqueID) { waiters.cancel(id) }

    /// Has a request wait; false when the driver is shut down, and then the request has failed.
    func register(_ id: UniqueID, _ request: RPCRequest, _ awaited: Awaited) -> Bool {
        waiters.register(
            id,
            awaited,
            deadline: request.deadline,
            timeout: request.timeout,
            monitorTimeout: request.callMonitorTimeout
        )
    }

    /// Goes on with a request once its reply can be received, or fails it.
    func whenReady(
        _ id: UniqueID,
        deadline: Moment,
        retry: Int?,
        _ proceed: @escaping @Sendable () -> Void
    ) {
        replies.whenReady(id, deadline: deadline, retry: toleratedFailures(retry)) { [waiters] error in
            if let error { waiters.fail(id, with: error) } else { proceed() }
        }
    }

    /// Fails a call at once when nobody would answer it; a look that fails is no reason to hold a call back.
    private func checkConsumers(_ request: RPCRequest, _ id: UniqueID, _ queue: Name) {
        guard request.checksConsumers else { return sendCall(request, id, queue) }
        inspector.look(at: queue) { [self] result in
            guard case .success(let status?) = result, status.consumerCount == 0 else {
                return sendCall(request, id, queue)
            }
            let message = "The queue \"\(queue)\" exists and has no consumer"
            waiters.fail(id, with: MessagingError(.noConsumers, message, stage: .connect))
        }
    }

    /// Casts a method; see `Driver`.
    public func cast(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void
    ) {
        let id = UniqueID()
        let isTaken = register(id, request, .confirm { completion($0.map { CastReceipt(uniqueID: id) }) })
        guard isTaken else { return }
        let body = RequestEnvelope.encode(request, uniqueID: id, reply: nil)
        send(request, id, Name(request.target.queueName), body, expires: false, .confirm(waiters))
    }

    /// Looks at the queue of a target; see `Driver`. Looks are shared and count for a second.
    public func inspect(
        _ target: Target,
        deadline: Moment,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    ) {
        let id = UniqueID()
        let timeout = Moment.now.duration(to: deadline)
        guard waiters.register(id, .status(completion), deadline: deadline, timeout: timeout) else { return }
        inspector.look(at: Name(target.queueName)) { [waiters] result in
            switch result {
            case .success(let status): waiters.receive(status, for: id)
            case .failure(let error): waiters.fail(id, with: error)
            }
        }
    }

    /// How the connections stand; see `Driver`. The connection for replies is not missed until replies are expected.
    public var status: DriverStatus {
        let replies = replies.status
        return DriverStatus(
            isConnected: replies.isWell,
            blockedReason: connections.blockedReason,
            lastLoopback: replies.lastLoopback,
            problem: replies.problem.map {
                $0.refusal.map { "the \($0)" } ?? "the broker is not connected (\($0.report))"
            },
            waitingCalls: waiters.count,
            sendConnections: connections.counts
        )
    }

    /// Fails what still waits, deletes the reply queue and closes every connection; see `Driver`.
    public func shutdown(deadline: Moment) async {
        waiters.stop(failing: MessagingError(.shutdown, "The transport is shutting down", execution: .maybe))
        await replies.stop(deadline: deadline)
        inspector.stop()
        replySender.stop()
        await connections.shutdown(deadline: deadline)
        ownedLoop.end()
    }

    /// Sends the body of a call whose waiter is registered.
    ///
    /// - Parameter queue: the name of the target's queue, which is the routing key unless it is a fanout.
    func sendCall(_ request: RPCRequest, _ id: UniqueID, _ queue: Name) {
        let reply = RequestEnvelope.Reply(messageID: id, queue: ReplyQueue.prefix, digits: replies.queue.unique)
        let body = RequestEnvelope.encode(request, uniqueID: UniqueID(), reply: reply)
        send(request, id, queue, body, expires: true, .call(waiters))
    }

    private func send(
        _ request: RPCRequest,
        _ id: UniqueID,
        _ queue: Name,
        _ body: [UInt8],
        expires: Bool,
        _ receiver: SendJob.Receiver
    ) {
        let target = request.target
        let job = SendJob(
            id: id,
            route: route(to: target, queue, isCall: expires),
            routingKey: target.isFanout ? "" : queue,
            body: options.compressesBodies ? Zlib.compress(body) : body,
            expires: expires,
            isCompressed: options.compressesBodies,
            deadline: request.deadline,
            retry: toleratedFailures(request.retry),
            isConfirmAwaited: !expires,
            isAwaited: true,
            receiver: receiver
        )
        connections.send(job)
    }

    /// The route of a request. Queues' names do not contain the exchange, so one other than the default can only be
    /// meant as an exchange.
    private func route(to target: Target, _ queue: Name, isCall: Bool) -> PublishRoute {
        let isDefault = target.exchange.map { Name($0) == Name(controlExchange) } ?? true
        guard isDefault, !target.isFanout, !routes.areByName || !queue.isOfBroker else {
            return options.route(to: target, controlExchange: controlExchange)
        }
        return isCall ? routes.calls : routes.casts
    }

    /// How many failed attempts to connect a request tolerates: each of its tries covers every host once; nil for any
    /// number.
    func toleratedFailures(_ retry: Int?) -> Int? {
        guard let retry, retry >= 0 else { return nil }
        return (min(retry, 1_000_000) + 1) * hosts.count - 1
    }
}

extension SendJob {
    /// A message of the driver to its own reply queue; it gives up soon.
    static func loopback(
        _ body: [UInt8],
        queue: Name,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) -> SendJob {
        SendJob(
            id: UniqueID(),
            route: .defaultExchange,
            routingKey: queue,
            body: body,
            expires: true,
            deadline: .now.advanced(by: ConsumerStateMachine.deafAfter),
            retry: nil,
            receiver: .function(completion)
        )
    }
}

extension RabbitDriver: GatheringDriver {
    /// Calls every server of a topic; see `GatheringDriver`.
    @discardableResult
    public func gather(
        _ request: RPCRequest,
        minimum: Int?,
        completion: @escaping @Sendable (Result<GatheredReplies, MessagingError>) -> Void
    ) -> UniqueID {
        let id = UniqueID()
        guard waiters.registerGather(id, minimum: minimum, request, completion: completion) else { return id }
        whenReady(id, deadline: request.deadline, retry: request.retry) { [self] in
            sendCall(request, id, Name(request.target.queueName))
        }
        return id
    }
}
