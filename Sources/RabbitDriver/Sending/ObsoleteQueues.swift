// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Names
internal import Threads

/// Reply queues whose callers were given up lately (`oslo_messaging._drivers.amqpdriver.ObsoleteReplyQueuesCache`).
struct ObsoleteQueues: Sendable {
    /// How long a queue is remembered.
    static let lifetime = Duration.seconds(60)
    /// So many are remembered; the oldest makes room.
    static let maximumCount = 200

    private var deadlines: [Name: Moment] = [:]
    private var order: Deque<Name> = []

    var isEmpty: Bool { deadlines.isEmpty }

    mutating func insert(_ queue: Name, now: Moment) {
        if deadlines.updateValue(now.advanced(by: Self.lifetime), forKey: queue) != nil {
            order.removeAll { $0 == queue }
        }
        order.append(queue)
        if order.count > Self.maximumCount, let oldest = order.popFirst() { deadlines[oldest] = nil }
    }

    /// Whether the queue is remembered; one whose time is over is forgotten.
    mutating func contains(_ queue: Name, now: Moment) -> Bool {
        guard let deadline = deadlines[queue] else { return false }
        if now < deadline { return true }
        deadlines[queue] = nil
        order.removeAll { $0 == queue }
        return false
    }
}
