//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import Logging
internal import Synchronization
internal import Threads

/// One AMQP 0-9-1 connection with one channel, owned by one thread.
///
/// Every method may be called from any thread; those that ask something of the broker leave a command for the owner
/// thread, which writes what has gathered in one go. A connection is used once: after `didCloseWith` it is finished,
/// and connecting again is the user's business. Between `start` and the end the connection keeps itself alive.
public final class Connection: Sendable {
    let configuration: ConnectionConfiguration
    let logger: Logger
    weak let delegate: (any ConnectionDelegate)?
    let mailbox = Mailbox()
    let wakeUp = WakeUp()
    let socketHandle = SocketHandle()
    let startCompletion = Guarded<(@Sendable (Result<Void, AMQPError>) -> Void)?>(nil)
    private let blockedFlag = Atomic(false)
    private let openFlag = Atomic(false)
    private let lastStaleTag = Atomic<UInt64>(0)

    /// Makes a connection that is not started; the delegate is not retained.
    public init(configuration: ConnectionConfiguration, logger: Logger, delegate: (any ConnectionDelegate)?) {
        self.configuration = configuration
        self.logger = logger
        self.delegate = delegate
    }

    /// Whether the broker has blocked publishing connections.
    public var isBlocked: Bool { blockedFlag.load(ordering: .acquiring) }

    /// Whether the connection was set up and has not ended since.
    public var isOpen: Bool { openFlag.load(ordering: .acquiring) }

    func setBlocked(_ isBlocked: Bool) { blockedFlag.store(isBlocked, ordering: .releasing) }

    func setOpen(_ isOpen: Bool) { openFlag.store(isOpen, ordering: .releasing) }

    /// Deliveries up to this tag went back to their queues with their channel.
    func setStale(upTo deliveryTag: UInt64) { lastStaleTag.store(deliveryTag, ordering: .releasing) }
}

extension Connection {
    /// Starts the owner thread, connects, opens the channel and runs `setUp` on it.
    ///
    /// `completion` is told exactly once; after a failure the connection is finished. It is told on the owner thread,
    /// except when the system's resolver holds that thread past `connectTimeout`.
    public func start(
        setUp: @escaping @Sendable (Channel) throws(AMQPError) -> Void,
        completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void
    ) {
        let isFirst = mailbox.withState { state in
            guard state.acceptance == .notStarted else { return false }
            state.acceptance = .open
            return true
        }
        guard isFirst else {
            return completion(.failure(AMQPError(.connectionClosed, "the connection was started or closed before")))
        }
        startCompletion.withLock { $0 = completion }
        // Dropping the handle detaches the thread; its closure keeps the connection alive until it has ended.
        _ = OwnedThread(name: "amqp") { [self] in OwnerThread(self, setUp: setUp).run() }
    }

    /// Publishes a message.
    ///
    /// `completion` is told exactly once: on the owner thread, or at once when the connection is closed, its outbox is
    /// full, or the request cannot be encoded.
    public func publish(_ request: PublishRequest) {
        let refusal = request.defect ?? mailbox.append(request, maximumBytes: configuration.outboxMaximumBytes)
        if let refusal { return request.completion(.failed(refusal, wasSent: false)) }
        wakeUp.signal()
    }

    /// Runs `body` with the channel on the owner thread; its calls wait for the broker, so publishes wait meanwhile.
    ///
    /// `completion` is told exactly once, on the owner thread, or at once when the connection is closed.
    public func perform<Result: Sendable>(
        _ body: @escaping @Sendable (Channel) throws(AMQPError) -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, AMQPError>) -> Void
    ) {
        let operation = ChannelOperation(body, completion: completion)
        if let refusal = mailbox.append(.perform(operation)) { return operation.fail(refusal) }
        wakeUp.signal()
    }

    /// Acknowledges a delivery, or with `multiple` all deliveries up to it.
    ///
    /// - Returns: false when the delivery's channel or the connection is known to be gone: the message is in its queue
    ///   again. True promises no more than that the acknowledgement is on its way.
    @discardableResult
    public func acknowledge(deliveryTag: UInt64, multiple: Bool = false) -> Bool {
        guard deliveryTag > lastStaleTag.load(ordering: .acquiring) else { return false }
        guard mailbox.append(.acknowledge(deliveryTag: deliveryTag, multiple: multiple)) == nil else { return false }
        wakeUp.signal()
        return true
    }

    /// Rejects a delivery; forgotten when its channel is gone.
    public func reject(deliveryTag: UInt64, requeue: Bool) {
        guard mailbox.append(.reject(deliveryTag: deliveryTag, requeue: requeue)) == nil else { return }
        wakeUp.signal()
    }
}

extension Connection {
    /// Ends the connection in order: what is queued is written and its confirms awaited, within `closeTimeout`.
    ///
    /// `completion` is told when the connection is finished, after `didCloseWith`.
    public func close(completion: @escaping @Sendable () -> Void = {}) {
        let now = ContinuousClock.now
        let isFinished = mailbox.withState { state in
            if state.acceptance == .notStarted { state.acceptance = .finished }
            guard state.acceptance != .finished else { return true }
            state.acceptance = .closing
            state.closeRequest = state.closeRequest ?? now
            state.closeCompletions.append(completion)
            return false
        }
        if isFinished { return completion() }
        wakeUp.signal()
    }

    /// Ends the connection at once; what is under way fails with `connectionClosed`.
    public func abort() {
        mailbox.withState { state in
            state.isAborted = true
            // Nothing more is taken: it would not be carried out.
            if state.acceptance == .open { state.acceptance = .closing }
            if state.acceptance == .notStarted { state.acceptance = .finished }
        }
        socketHandle.shutDown()
        wakeUp.signal()
    }

    /// Tells the result of `start` unless it was told before.
    func tellStarted(_ result: Result<Void, AMQPError>) {
        let completion = startCompletion.withLock { completion in
            defer { completion = nil }
            return completion
        }
        completion?(result)
    }
}
