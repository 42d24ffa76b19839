// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Who shares which subscription, free of threads.
struct HubState {
    enum Admission: Equatable {
        case draining
        case full
        /// One client has as many as it may have.
        case fullForClient
        case admitted(Listener)
    }

    /// One who listens: a number, and whose client it is.
    struct Listener: Equatable, Sendable {
        let number: Int
        let holder: Holder
    }

    private struct Entry {
        var subscription: SharedSubscription
        var members: Int
        /// Since when it has had no listener.
        var emptySince: Moment?
    }

    /// The most listeners, whatever is configured.
    let maximumListeners: Int
    /// The most subscriptions, including those that are being ended.
    let maximumSubscriptions: Int
    private var entries: [SubscriptionKey: Entry] = [:]
    /// Subscriptions that are being ended.
    private var closing: [SharedSubscription] = []
    private var lastListener = 0
    private var listeners = Shares()
    private(set) var isDraining = false
    /// The configuration of the newest listener.
    private(set) var configuration = NotificationConfiguration()

    init(maximumListeners: Int, maximumSubscriptions: Int) {
        self.maximumListeners = maximumListeners
        self.maximumSubscriptions = maximumSubscriptions
    }

    var subscriptions: [SharedSubscription] { entries.values.map(\.subscription) }

    /// How many listeners there are.
    var listenerCount: Int { listeners.total }

    /// Takes a listener in.
    ///
    /// - Parameter most: how many its holder may have; 0 for any number.
    mutating func admit(_ configuration: NotificationConfiguration, of holder: Holder, most: Int) -> Admission {
        guard !isDraining else { return .draining }
        guard most == 0 || listeners[holder] < most else { return .fullForClient }
        guard listenerCount < min(configuration.maximumListeners, maximumListeners) else { return .full }
        self.configuration = configuration
        listeners.add(1, to: holder)
        lastListener += 1
        return .admitted(Listener(number: lastListener, holder: holder))
    }

    /// Withdraws an admission.
    mutating func dismiss(_ listener: Listener) { listeners.remove(1, from: listener.holder) }

    /// Adds a listener to an existing subscription.
    mutating func join(_ key: SubscriptionKey) -> SharedSubscription? {
        guard let subscription = entries[key]?.subscription else { return nil }
        return join(key, or: subscription)
    }

    /// Adds a listener to an existing subscription, or otherwise to this one; nil when there are as many as there may
    /// be.
    mutating func join(_ key: SubscriptionKey, or made: SharedSubscription) -> SharedSubscription? {
        guard entries[key] != nil || entries.count + closing.count < maximumSubscriptions else { return nil }
        var entry = entries[key] ?? Entry(subscription: made, members: 0)
        entry.members += 1
        entry.emptySince = nil
        entries[key] = entry
        return entry.subscription
    }

    /// Removes a listener; returns the subscriptions that are to be ended now.
    mutating func leave(
        _ subscription: SharedSubscription,
        _ listener: Listener,
        _ now: Moment
    ) -> [SharedSubscription] {
        dismiss(listener)
        guard var entry = entries[subscription.key], entry.subscription === subscription else { return [] }
        entry.members -= 1
        if entry.members == 0 { entry.emptySince = now }
        entries[subscription.key] = entry
        return takeEmpty(now: now)
    }

    /// Removes the subscriptions that have had no listener for long enough.
    ///
    /// A named pool's subscription ends at once: what it would consume is taken from others.
    mutating func takeEmpty(now: Moment) -> [SharedSubscription] {
        let linger = configuration.linger
        let ended = entries.filter { key, entry in
            guard let since = entry.emptySince else { return false }
            return isDraining || key.pool != nil || since.advanced(by: linger) <= now
        }
        for key in ended.keys { entries[key] = nil }
        let subscriptions = ended.values.map(\.subscription)
        closing += subscriptions
        return subscriptions
    }

    /// Takes no more listeners; returns the subscriptions whose listeners are to be told.
    mutating func drain() -> [SharedSubscription] {
        isDraining = true
        return subscriptions
    }

    /// Removes every subscription, including those that are being ended.
    mutating func takeAll() -> [SharedSubscription] {
        defer {
            entries = [:]
            closing = []
        }
        isDraining = true
        return subscriptions + closing
    }

    /// A subscription has been ended.
    mutating func forget(_ subscription: SharedSubscription) { closing.removeAll { $0 === subscription } }
}
