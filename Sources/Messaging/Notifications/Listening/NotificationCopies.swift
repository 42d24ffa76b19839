//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import DequeModule

/// Tells copies of a notification from the first one: after the loss of a connection what was not acknowledged comes
/// again, also while its first copy is still being handled.
struct NotificationCopies<Message> {
    /// What to do with a message.
    enum Verdict: Equatable {
        /// It is the first: handle it, then call `finish`.
        case first
        /// It has been handled: acknowledge it.
        case handled
        /// The first is being handled; this one is kept and shares its fate.
        case kept
    }

    private let capacity: Int
    private var handled: Set<[UInt8]> = []
    private var order: Deque<[UInt8]> = []
    private var running: [[UInt8]: [Message]] = [:]

    /// Remembers so many notifications that have been handled.
    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Looks at a message; one without an identifier is never a copy.
    mutating func begin(_ id: String?, _ message: Message) -> Verdict {
        guard let key = id.map({ Array($0.utf8) }) else { return .first }
        if handled.contains(key) { return .handled }
        if running[key]?.append(message) != nil { return .kept }
        running[key] = []
        return .first
    }

    /// The first has been handled, or goes back into its queue.
    ///
    /// - Returns: the copies that were kept.
    mutating func finish(_ id: String?, isHandled: Bool) -> [Message] {
        guard let key = id.map({ Array($0.utf8) }) else { return [] }
        if isHandled { remember(key) }
        return running.removeValue(forKey: key) ?? []
    }

    private mutating func remember(_ key: [UInt8]) {
        guard handled.insert(key).inserted else { return }
        order.append(key)
        if order.count > capacity, let oldest = order.popFirst() { handled.remove(oldest) }
    }
}
