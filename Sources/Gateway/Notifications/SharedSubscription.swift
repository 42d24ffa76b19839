// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names
internal import Threads

/// One subscription at the broker, and the listeners that share it.
final class SharedSubscription: Sendable {
    private static let repeatsLimit = 4_096

    let key: SubscriptionKey
    private let state: Guarded<SubscriptionState>
    private let listener = Guarded<(any Listener)?>(nil)

    /// Makes a subscription that consumes nothing before `start()`.
    ///
    /// - Throws: what is wrong with its names.
    init(_ key: SubscriptionKey, on driver: any NotificationDriver, replayedEvents: Int) throws(MessagingError) {
        self.key = key
        state = Guarded(SubscriptionState(recent: RecentEvents(capacity: replayedEvents)))
        let made = try driver.makeNotificationListener(key.subscription) { [weak self] in self?.deliver($0) }
        listener.withLock { $0 = made }
    }

    func start() { listener.withLock { $0 }?.start() }

    /// Whether notifications are coming in.
    var isConsuming: Bool { listener.withLock { $0 }?.isConsuming ?? false }

    /// Returns once notifications come in.
    func waitUntilConsuming(deadline: Moment) async throws(MessagingError) {
        guard let listener = listener.withLock({ $0 }) else { return }
        try await listener.waitUntilConsuming(deadline: deadline)
    }

    /// Ends the consumption; what a named pool's queue gave us and nobody took goes back.
    func close(deadline: Moment) async {
        guard let listener = listener.withLock({ $0 }) else { return }
        await listener.stop(deadline: deadline)
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for message in held { message.requeue() }
        await listener.close(deadline: deadline)
        self.listener.withLock { $0 = nil }
    }

    // MARK: Listeners

    /// Adds a listener, after giving it what it has missed since the last event it saw, and what waits for any
    /// listener.
    func add(_ stream: ListenerStream, after id: Name?) {
        let seen = state.withLock { state in id.map { state.recent.number(of: $0) } ?? state.recent.last }
        if seen == nil { stream.tell(StreamNotice.gap(after: id?.text ?? "")) }
        var number = seen ?? state.withLock { $0.recent.last }
        while stream.isOpen {
            switch state.withLock({ $0.next(for: stream, after: &number) }) {
            case .added: return stream.isOpen ? () : remove(stream.id)
            case .missed(let events): send(events, to: stream)
            case .held(let message): give(message, to: stream, after: &number)
            }
        }
    }

    private func send(_ events: ArraySlice<NotificationEvent>, to stream: ListenerStream) {
        for event in events where stream.filter.matches(event) { guard stream.send(event) else { return } }
    }

    /// Hands on what came before the first listener of a pool was there.
    private func give(
        _ message: any IncomingNotificationMessage,
        to stream: ListenerStream,
        after number: inout Int
    ) {
        let event = NotificationEvent(message.notification)
        guard !stream.filter.matches(event) || stream.send(event) else {
            return state.withLock { $0.held.insert(message, at: 0) }
        }
        let others = state.withLock { state in
            let others = state.recent.after(number)
            state.recent.append(event)
            number = state.recent.last
            return others
        }
        acknowledge(message)
        send(others, to: stream)
    }

    func remove(_ id: Int) {
        state.withLock { state in state.listeners.removeAll { $0.id == id } }
    }

    /// Ends every listener's stream with an event that says why.
    func end(_ problem: Problem) {
        for stream in state.withLock({ $0.listeners }) { stream.end(problem) }
    }

    // MARK: The broker's thread

    private func deliver(_ message: any IncomingNotificationMessage) {
        if let id = message.notification.uniqueID, state.withLock({ $0.repeats.remove(Name(id)) }) != nil {
            return acknowledge(message)
        }
        let event = NotificationEvent(message.notification)
        let listeners = state.withLock { state in
            if key.pool != nil, state.listeners.isEmpty {
                state.held.append(message)
            } else {
                state.recent.append(event)
            }
            return state.listeners
        }
        if key.pool != nil, listeners.isEmpty { return }
        let wanting = listeners.filter { $0.filter.matches(event) }
        let refusing = wanting.filter { !$0.send(event) }
        for stream in refusing { remove(stream.id) }
        // Only this listener of the pool gets it, so it must not be lost with a stream that could not take it.
        if key.pool != nil, !wanting.isEmpty, refusing.count == wanting.count { return message.requeue() }
        acknowledge(message)
    }

    private func acknowledge(_ message: any IncomingNotificationMessage) {
        guard !message.acknowledge(), let id = message.notification.uniqueID else { return }
        state.withLock { state in
            if state.repeats.count >= Self.repeatsLimit { state.repeats = [] }
            state.repeats.insert(Name(id))
        }
    }

    // MARK: The timer's thread

    /// Ends the streams of those who may not hear them any more, sends the comments that are due, and tells of a broker that was
    /// lost or came back.
    func tick(_ now: Moment, heartbeat: Duration) {
        for stream in state.withLock({ $0.listeners }) where stream.endIfForbidden() { remove(stream.id) }
        let isConsuming = isConsuming
        let (listeners, notices) = state.withLock { state in
            (state.listeners, state.notices(now, heartbeat: heartbeat, isConsuming: isConsuming))
        }
        for notice in notices { for stream in listeners { stream.tell(notice) } }
    }
}

/// What two listeners have in common if they share one subscription at the broker.
struct SubscriptionKey: Hashable, Sendable {
    @Bytewise var exchange: String?
    @Bytewise var topic: String
    var priorities: [NotificationPriority]
    /// The pool that clients named; nil for one of our own.
    @Bytewise var pool: String?

    /// What the names of our own pools begin with.
    static let temporaryPrefix = "rpc-gateway_notifications_"

    /// What is asked of the driver. A pool of our own gets copies, so that nothing is taken away from other consumers.
    var subscription: NotificationSubscription {
        NotificationSubscription(
            sources: [NotificationSubscription.Source(exchange: exchange, topic: topic)],
            priorities: priorities,
            pool: pool ?? Self.temporaryPrefix + UniqueID().hexadecimal,
            isTemporary: pool == nil
        )
    }
}
