// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names
internal import Threads

/// A consumption of queues of the memory broker; it consumes from the moment of `start()`.
final class MemoryListener: Listener {
    private enum Phase: Sendable {
        case idle, starting, consuming, refused, stopped
    }

    let id: Int
    private let broker: MemoryBroker
    private let subscriptions: [MemorySubscription]
    private let prefetchCount: Int
    private let handler: MemoryDelivery.Handler
    private let phase = Guarded(Phase.idle)

    init(
        broker: MemoryBroker,
        subscriptions: [MemorySubscription],
        prefetchCount: Int,
        handler: @escaping MemoryDelivery.Handler
    ) {
        id = broker.change { $0.nextNumber() }
        self.broker = broker
        self.subscriptions = subscriptions
        self.prefetchCount = prefetchCount
        self.handler = handler
    }

    func start() {
        let isFirst = phase.withLock { phase in
            guard phase == .idle else { return false }
            phase = .starting
            return true
        }
        guard isFirst else { return }
        let isOpen = broker.change { [self] state in
            state.open(subscriptions, listener: id, prefetchCount: prefetchCount, now: .now, handler: handler)
        }
        let isStopped = phase.withLock { phase in
            guard phase == .starting else { return true }
            phase = isOpen ? .consuming : .refused
            return false
        }
        // Stopped meanwhile, when there was nothing to cancel yet.
        if isStopped { end() }
    }

    var isStopped: Bool { phase.withLock { $0 == .stopped } }

    var isConsuming: Bool { phase.withLock { $0 == .consuming } }

    func waitUntilConsuming(deadline: Moment) async throws(MessagingError) {
        while true {
            switch phase.withLock({ $0 }) {
            case .consuming: return
            case .stopped: throw MessagingError(.shutdown, "The listener is stopped", stage: .connect)
            case .refused: throw MessagingError(.brokerConfiguration, "The broker has too many queues", stage: .connect)
            case .idle, .starting: break
            }
            guard Moment.now < deadline else {
                throw MessagingError(.brokerUnavailable, "The listener has not been started", stage: .connect)
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    func stop(deadline: Moment) async {
        phase.withLock { $0 = .stopped }
        broker.change { [id] in $0.cancel(id, now: .now) }
        await broker.waitForHandler(of: id)
    }

    func close(deadline: Moment) async {
        await stop(deadline: deadline)
        end()
    }

    /// Ends the listener without waiting for a handler that runs.
    func end() {
        phase.withLock { $0 = .stopped }
        broker.change { [id] in $0.close(id, now: .now) }
    }
}

/// A queue that a listener declares, binds and consumes.
struct MemorySubscription: Sendable {
    /// How the queue is bound to an exchange.
    struct Binding: Sendable {
        var exchange: Name
        var kind = MemoryExchange.Kind.topic
        var routingKey: Name
    }

    var queue: Name
    var bindings: [Binding] = []
    /// Whether the queue is deleted when the listener closes.
    var isOwned = false
    /// Whether the queue refuses messages when it is full. A reply queue does not: there are only as many replies as
    /// waiting calls.
    var isBounded = true
}
