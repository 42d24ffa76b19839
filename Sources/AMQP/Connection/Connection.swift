// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Logging
internal import Synchronization
public import Threads

/// One AMQP 0-9-1 connection with one or several channels, driven by an event loop.
///
/// Every method may be called from any thread; on the connection's own loop it acts at once, from elsewhere through the
/// loop's inbox. What is written in a turn is sent in one go at its end. Nothing here waits: a method that the broker
/// answers has a continuation, and what follows it is sent without waiting for the answer, since a channel keeps its
/// order.
///
/// A connection is used once: after `didCloseWith` it is finished, and connecting again is the user's business. Between
/// `start` and the end the connection keeps itself alive. Connections over TLS, whose library may wait in a write, are
/// driven by a loop of their own; what they have to tell is told on the user's loop all the same.
public final class Connection: Sendable {
    private let candidates: BrokerCandidates
    let logger: Logger
    weak let delegate: (any ConnectionDelegate)?
    /// Where the delegate and the completions are told.
    let home: EventLoop
    /// What drives the connection; nil when there was no descriptor for a loop of its own.
    let loop: EventLoop?
    let socketHandle = SocketHandle()
    private let core: ConnectionCore?
    private let blockedFlag = Atomic(false)
    private let openFlag = Atomic(false)
    private let openedChannels = Atomic(0)
    private let lastStaleTag = Atomic<UInt64>(0)
    private let acceptance = Atomic(Acceptance.notStarted)
    private let abortedFlag = Atomic(false)
    /// Notices the end of the user's loop, where another one drives the connection.
    private let homeEnd = Guarded<HomeEnd?>(nil)

    enum Acceptance: UInt8, AtomicRepresentable {
        case notStarted, open, closing, finished
    }

    /// Makes a connection to a broker that is not started; the delegate is not retained.
    public convenience init(
        configuration: ConnectionConfiguration,
        loop: EventLoop,
        logger: Logger,
        delegate: (any ConnectionDelegate)?
    ) {
        self.init(to: BrokerCandidates([configuration]), loop: loop, logger: logger, delegate: delegate)
    }

    /// Makes a connection to one of several brokers that is not started; the delegate is not retained.
    public init(
        to candidates: BrokerCandidates,
        loop home: EventLoop,
        logger: Logger,
        delegate: (any ConnectionDelegate)?
    ) {
        self.candidates = candidates
        self.logger = logger
        self.delegate = delegate
        self.home = home
        let loop = candidates.preferred.tls == nil ? home : try? EventLoop(name: "amqp-tls")
        self.loop = loop
        core = loop.map { ConnectionCore(candidates, loop: $0, home: home, logger: logger) }
    }

    /// Whether the broker has blocked publishing connections.
    public var isBlocked: Bool { blockedFlag.load(ordering: .acquiring) }

    /// Whether the connection has been set up and has not ended since.
    public var isOpen: Bool { openFlag.load(ordering: .acquiring) }

    /// Whether this side has ended the connection at once.
    var isAborted: Bool { abortedFlag.load(ordering: .acquiring) }

    func setBlocked(_ isBlocked: Bool) { blockedFlag.store(isBlocked, ordering: .releasing) }

    /// How many channels were opened, numbered from 1: as many as were asked for, or fewer if the broker allows no
    /// more.
    public var channelCount: Int { openedChannels.load(ordering: .acquiring) }

    func setChannelCount(_ count: Int) { openedChannels.store(count, ordering: .releasing) }

    func setOpen(_ isOpen: Bool) { openFlag.store(isOpen, ordering: .releasing) }

    /// Deliveries up to this tag went back to their queues with their channel.
    func setStale(upTo deliveryTag: UInt64) { lastStaleTag.store(deliveryTag, ordering: .releasing) }

    /// Whether commands are taken, or will be once the connection is open.
    var isAccepting: Bool { refusal == nil }

    func setFinished() { acceptance.store(.finished, ordering: .releasing) }

    /// Why no command is taken; nil when one is.
    private var refusal: AMQPError? {
        switch acceptance.load(ordering: .acquiring) {
        case .open: nil
        case .notStarted: AMQPError(.connectionClosed, "the connection has not been started")
        case .closing, .finished: AMQPError(.connectionClosed, "the connection is closed")
        }
    }
}

extension Connection {
    /// Connects, logs in and opens the channels, numbered from 1; fewer when the broker allows no more.
    ///
    /// `completion` is told exactly once; after a failure the connection is finished.
    public func start(channels: Int = 1, completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void) {
        let (isFirst, _) = acceptance.compareExchange(
            expected: .notStarted,
            desired: .open,
            ordering: .acquiringAndReleasing
        )
        guard isFirst else {
            return completion(.failure(AMQPError(.connectionClosed, "the connection was started or closed before")))
        }
        do throws(OutOfResources) {
            guard let loop, let core else { throw OutOfResources(resource: .descriptors, error: 0) }
            let begin: @Sendable () -> Void = { [self] in
                core.start(self, channelCount: channels, completion: completion)
            }
            if loop.isCurrent { return begin() }
            if loop !== home {
                try loop.start()
                let end = HomeEnd(self)
                guard home.executeUnlessEnded({ end.begin() }) else {
                    loop.stop()
                    return fail(.loopEnded, completion)
                }
            }
            if !loop.executeUnlessEnded(begin) { fail(.loopEnded, completion) }
        } catch {
            fail(AMQPError(.outOfResources, "\(error)"), completion)
        }
    }

    /// Ends before anything has begun.
    private func fail(_ error: AMQPError, _ completion: @Sendable (Result<Void, AMQPError>) -> Void) {
        setFinished()
        completion(.failure(error))
        delegate?.connection(self, didCloseWith: error)
    }

    /// Publishes a message on a channel.
    ///
    /// `completion` is told exactly once: on the user's loop, or at once when the connection is closed or the request
    /// cannot be encoded.
    public func publish(_ request: PublishRequest, on channel: Int = 1) {
        if let refusal = request.defect ?? refusal { return request.conclude(.failed(refusal, wasSent: false)) }
        guard let loop, let core else { return }
        if loop.isCurrent { return core.publish(request, on: channel) }
        loop.execute { core.publish(request, on: channel) }
    }

    /// Sends methods on a channel, one after the other, and reports all answers together, or the first failure.
    ///
    /// When the broker refuses one (`notFound`, `preconditionFailed`, `accessRefused`, …), the error says which, those
    /// after it are not carried out, and the channel is opened anew. One that is not answered within `operationTimeout`
    /// ends the connection. `completion` is told exactly once, on the user's loop, or at once when the connection is
    /// closed.
    public func perform(
        _ methods: [ChannelMethod],
        on channel: Int = 1,
        completion: @escaping @Sendable (Result<[MethodReply], AMQPError>) -> Void
    ) {
        if let refusal = methods.lazy.compactMap(\.defect).first ?? refusal { return completion(.failure(refusal)) }
        guard let loop, let core else { return }
        loop.run { core.perform(methods, on: channel, completion: completion) }
    }

    /// Acknowledges a delivery, or, with `multiple`, all deliveries up to it.
    ///
    /// - Returns: false when the delivery's channel or the connection is known to be gone: the message is in its queue
    ///   again. True promises no more than that the acknowledgement is on its way.
    @discardableResult
    public func acknowledge(deliveryTag: UInt64, multiple: Bool = false) -> Bool {
        guard deliveryTag > lastStaleTag.load(ordering: .acquiring), refusal == nil, let loop, let core else {
            return false
        }
        if loop.isCurrent {
            core.acknowledge(deliveryTag, multiple: multiple)
        } else {
            loop.execute { core.acknowledge(deliveryTag, multiple: multiple) }
        }
        return true
    }

    /// Rejects a delivery; forgotten when its channel is gone.
    public func reject(deliveryTag: UInt64, requeue: Bool) {
        guard refusal == nil, let loop, let core else { return }
        loop.run { core.reject(deliveryTag, requeue: requeue) }
    }
}

extension Connection {
    /// Asks the broker a question, if this connection is to the given one: it answers others, so the connection is
    /// given up unless something comes over it within a fifth of its `silenceLimit`.
    public func challenge(_ broker: ConnectionConfiguration) {
        guard refusal == nil, let loop, let core else { return }
        loop.execute { core.challenge(broker) }
    }

    /// Ends the connection in order: what is queued is written and its confirms are awaited, within `closeTimeout`. One
    /// that is not open yet is aborted.
    ///
    /// `completion` is called when the connection is finished, after `didCloseWith`.
    public func close(completion: @escaping @Sendable () -> Void = {}) {
        guard stopAccepting(), let loop, let core else { return completion() }
        // In a turn of its own even on the loop: the end is told after what is being told now.
        loop.execute { core.close(completion: completion) }
    }

    /// Ends the connection at once; what is under way fails with `connectionClosed`.
    public func abort() {
        guard stopAccepting(), let loop, let core else { return }
        // Before the socket, whose end the loop may see first.
        abortedFlag.store(true, ordering: .releasing)
        socketHandle.shutDown()
        loop.execute { core.abort() }
    }

    /// Takes no further command; false when there is nothing to end.
    private func stopAccepting() -> Bool {
        let (wasNew, now) = acceptance.compareExchange(
            expected: .notStarted,
            desired: .finished,
            ordering: .acquiringAndReleasing
        )
        if wasNew { return false }
        guard now == .open else { return now == .closing }
        return acceptance.compareExchange(expected: .open, desired: .closing, ordering: .acquiringAndReleasing).original
            != .finished
    }

    /// Reports events on the loop where the user wants to hear of them.
    func tell(_ events: [ConnectionEvent]) {
        if home.isCurrent { return hear(events) }
        // Once the user's loop has ended nothing runs beside this thread, and whoever waits has to be told all the
        // same.
        if !home.executeUnlessEnded({ [self] in hear(events) }) { hear(events) }
    }

    private func hear(_ events: [ConnectionEvent]) {
        for event in events {
            switch event {
            case .conclusion(let conclusion): conclusion.request.conclude(conclusion.outcome)
            case .deliveries(let deliveries): delegate?.connection(self, didReceive: deliveries)
            case .operation(let completion, let result): completion(result)
            case .cancelled(let tag): delegate?.connection(self, consumerWasCancelled: tag)
            case .channelClosed(let channel, let error):
                delegate?.connection(self, channelDidClose: channel, error: error)
            case .blocked(let reason): delegate?.connection(self, didBlock: reason)
            case .unblocked: delegate?.connectionDidUnblock(self)
            case .started(let completion, let result): completion(result)
            case .closed(let error, let completions):
                delegate?.connection(self, didCloseWith: error)
                for completion in completions { completion() }
                homeEnd.withLock { $0.take() }?.end()
            }
        }
    }

    /// Ends a connection that has a loop of its own when its user's loop ends, of which it would not learn otherwise;
    /// touched by the user's loop only.
    final class HomeEnd: EventSource, @unchecked Sendable {
        // Sound: `watch` is touched by the user's loop only, where the connection's end is told too.
        private weak let connection: Connection?
        private let home: EventLoop
        private var watch: Watch?

        init(_ connection: Connection) {
            self.connection = connection
            home = connection.home
        }

        func begin() {
            guard let connection else { return }
            connection.homeEnd.withLock { $0 = self }
            watch = home.watchEnd(self)
        }

        func end() {
            watch?.end()
            watch = nil
        }

        func isReady(_ readiness: Readiness) {}

        func loopDidEnd() {
            watch = nil
            connection?.abort()
        }
    }
}
