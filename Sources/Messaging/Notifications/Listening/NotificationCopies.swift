// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// Tells copies of a notification from the first one: after the loss of a connection what was not acknowledged comes
/// again, even while the first one waits for a worker or is being handled.
///
/// oslo.messaging recognises only copies of the last 16 notifications that it has acknowledged.
struct NotificationCopies<Message> {
    /// What to do with a message.
    enum Verdict: Equatable {
        /// It is the first: `finish` it when it has been handled or goes back.
        case first
        /// It has been handled: acknowledge it.
        case handled
        /// The first is not finished; this one is kept and shares its fate.
        case kept
    }

    private let capacity: Int
    private var handled: Set<[UInt8]> = []
    private var order: Deque<[UInt8]> = []
    private var unfinished: [[UInt8]: [Message]] = [:]

    /// Remembers so many notifications that have been handled: as many as a broker can have sent ahead to the consumers
    /// of all priorities, since all their acknowledgements may have been lost.
    init(capacity: Int = 8192) { self.capacity = max(1, capacity) }

    /// Looks at a message; one without an identifier is never a copy.
    mutating func begin(_ id: String?, _ message: Message) -> Verdict {
        guard let key = id.map({ Array($0.utf8) }) else { return .first }
        if handled.contains(key) { return .handled }
        if unfinished[key]?.append(message) != nil { return .kept }
        unfinished[key] = []
        return .first
    }

    /// The first has been handled, or goes back into its queue.
    ///
    /// - Returns: the copies that were kept.
    mutating func finish(_ id: String?, isHandled: Bool) -> [Message] {
        guard let key = id.map({ Array($0.utf8) }) else { return [] }
        if isHandled { remember(key) }
        return unfinished.removeValue(forKey: key) ?? []
    }

    private mutating func remember(_ key: [UInt8]) {
        guard handled.insert(key).inserted else { return }
        order.append(key)
        if order.count > capacity, let oldest = order.popFirst() { handled.remove(oldest) }
    }
}
