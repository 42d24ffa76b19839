// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names
internal import Threads

/// What a subscription knows, free of threads.
struct SubscriptionState {
    var listeners: [ListenerStream] = []
    var recent: RecentEvents
    /// Notifications of a named pool that came when no listener was left.
    var held: [any IncomingNotificationMessage] = []
    /// What was handed over and not acknowledged in time: it comes again.
    var repeats: Set<Name> = []
    /// Whether listeners were told that the broker was lost.
    private var isInterrupted = false
    private var nextHeartbeat: Moment?

    init(recent: RecentEvents) { self.recent = recent }

    /// What a listener that is being added gets next.
    enum Next {
        /// Events that it missed.
        case missed(ArraySlice<NotificationEvent>)
        /// A notification that waits for a listener, now this one's.
        case held(any IncomingNotificationMessage)
        /// Nothing: it has been added, and gets what comes.
        case added
    }

    /// Adds a listener that has all events up to a number, or returns what it lacks.
    mutating func next(for stream: ListenerStream, after number: inout Int) -> Next {
        let missed = recent.after(number)
        number = recent.last
        if !missed.isEmpty { return .missed(missed) }
        if !held.isEmpty { return .held(held.removeFirst()) }
        listeners.append(stream)
        return .added
    }

    /// What all listeners are to be told now.
    mutating func notices(
        _ now: Moment,
        heartbeat: Duration,
        isConsuming: Bool
    ) -> [[UInt8]] {
        var notices: [[UInt8]] = []
        // A subscription that is still being made has no listeners, and is not interrupted.
        if isConsuming == isInterrupted, isConsuming || !listeners.isEmpty {
            notices.append(StreamNotice.interruption(isOver: isConsuming))
            isInterrupted = !isConsuming
        }
        if nextHeartbeat.map({ $0 <= now }) ?? false { notices.append(ServerSentEvent.comment("heartbeat")) }
        if nextHeartbeat.map({ $0 <= now }) ?? true { nextHeartbeat = now.advanced(by: heartbeat) }
        return notices
    }
}
