// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Threads

/// All streams of notifications of a gateway: who shares which subscription, how many there may be, and when they end.
final class NotificationHub: Sendable {
    private static let tickInterval: Duration = .milliseconds(500)
    private static let closeTimeout: Duration = .seconds(5)

    private let maximumListeners: Int
    private let maximumSubscriptions: Int
    private let state: Guarded<HubState>
    private let loop: EventLoop
    private let timer = Guarded<DeadlineTimer?>(nil)

    init(loop: EventLoop, maximumListeners: Int = .max, maximumSubscriptions: Int = 1_000) {
        self.loop = loop
        self.maximumListeners = maximumListeners
        self.maximumSubscriptions = maximumSubscriptions
        state = Guarded(HubState(maximumListeners: maximumListeners, maximumSubscriptions: maximumSubscriptions))
    }

    /// How many listeners there are.
    var listenerCount: Int { state.withLock { $0.listenerCount } }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Takes a listener in; returns the subscription that it shares, made if there is none.
    ///
    /// Every listener that is taken in leaves once.
    ///
    /// - Parameter most: how many its holder may have; 0 for any number.
    /// - Throws: `draining`, `overloaded`, or what `make` throws.
    func join(
        _ key: SubscriptionKey,
        _ configuration: NotificationConfiguration,
        of holder: Holder,
        most: Int = 0,
        make: () throws(Problem) -> SharedSubscription
    ) throws(Problem) -> (subscription: SharedSubscription, listener: HubState.Listener) {
        let listener = try admit(configuration, holder, most)
        if let subscription = state.withLock({ $0.join(key) }) { return (subscription, listener) }
        let made: SharedSubscription
        do {
            made = try make()
        } catch {
            state.withLock { $0.dismiss(listener) }
            throw error
        }
        // Another one may have been made meanwhile; then ours has not been started and is simply dropped.
        guard let shared = state.withLock({ $0.join(key, or: made) }) else {
            state.withLock { $0.dismiss(listener) }
            throw .overloaded(.subscriptions(maximumSubscriptions))
        }
        if shared === made { begin(made) }
        return (shared, listener)
    }

    /// Removes a listener; the last one of a subscription ends that, some time later.
    func leave(_ subscription: SharedSubscription, listener: HubState.Listener, now: Moment = .now) {
        subscription.remove(listener.number)
        close(state.withLock { $0.leave(subscription, listener, now) })
    }

    /// Ends all streams and takes no more of them.
    func beginDraining() {
        for subscription in state.withLock({ $0.drain() }) { subscription.end(.draining) }
        close(state.withLock { $0.takeEmpty(now: .now) })
    }

    /// Ends what is left at the broker, by the deadline at the latest.
    func close(deadline: Moment) async {
        for subscription in state.withLock({ $0.takeAll() }) { await subscription.close(deadline: deadline) }
        timer.withLock { timer in
            defer { timer = nil }
            return timer
        }?.stop()
    }

    /// Does what is due; returns the time of the next look, nil when there is nothing to look at.
    func tick(_ now: Moment) -> Moment? {
        close(state.withLock { $0.takeEmpty(now: now) })
        let (subscriptions, heartbeat) = state.withLock { ($0.subscriptions, $0.configuration.heartbeat) }
        for subscription in subscriptions { subscription.tick(now, heartbeat: heartbeat) }
        return subscriptions.isEmpty ? nil : now.advanced(by: Self.tickInterval)
    }

    private func admit(
        _ configuration: NotificationConfiguration,
        _ holder: Holder,
        _ most: Int
    ) throws(Problem) -> HubState.Listener {
        switch state.withLock({ $0.admit(configuration, of: holder, most: most) }) {
        case .draining: throw .draining
        case .fullForClient: throw .tooManyStreams(most)
        case .full:
            guard configuration.maximumListeners <= maximumListeners else {
                throw .overloaded(.possibleListeners(maximumListeners))
            }
            throw .overloaded(.listeners(configuration.maximumListeners))
        case .admitted(let listener): return listener
        }
    }

    private func begin(_ subscription: SharedSubscription) {
        subscription.start()
        let running = timer.withLock { timer in
            if timer == nil { timer = DeadlineTimer(loop: loop) { [weak self] now in self?.tick(now) } }
            return timer
        }
        running?.arm(.now.advanced(by: Self.tickInterval))
    }

    private func close(_ subscriptions: [SharedSubscription]) {
        for subscription in subscriptions {
            Task { [self] in
                await subscription.close(deadline: .now.advanced(by: Self.closeTimeout))
                state.withLock { $0.forget(subscription) }
            }
        }
    }
}
