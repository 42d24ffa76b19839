// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Who shares which subscription, free of threads.
struct HubState {
    enum Admission: Equatable {
        case draining
        case full
        /// Admitted, with the listener's number.
        case admitted(Int)
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
    private(set) var listenerCount = 0
    private(set) var isDraining = false
    /// The configuration of the newest listener.
    private(set) var configuration = NotificationConfiguration()

    init(maximumListeners: Int, maximumSubscriptions: Int) {
        self.maximumListeners = maximumListeners
        self.maximumSubscriptions = maximumSubscriptions
    }

    var subscriptions: [SharedSubscription] { entries.values.map(\.subscription) }

    mutating func admit(_ configuration: NotificationConfiguration) -> Admission {
        guard !isDraining else { return .draining }
        guard listenerCount < min(configuration.maximumListeners, maximumListeners) else { return .full }
        self.configuration = configuration
        listenerCount += 1
        lastListener += 1
        return .admitted(lastListener)
    }

    /// Withdraws an admission.
    mutating func dismiss() { listenerCount -= 1 }

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
    mutating func leave(_ subscription: SharedSubscription, _ now: Moment) -> [SharedSubscription] {
        listenerCount -= 1
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
