// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Collects what comes into batches: one is complete at a size, or due some time after its first item came.
///
/// It sets no alarm itself: what it returns says when to call `expire`.
struct NotificationBatcher<Item> {
    let size: Int
    let timeout: Duration
    private var items: [Item] = []
    private var due: Moment?
    private var hasAlarm = false

    init(size: Int, timeout: Duration) {
        self.size = max(1, size)
        self.timeout = timeout
    }

    /// Takes an item.
    ///
    /// - Returns: the batch that it completes; the instant of an alarm, if one is needed and none is set.
    mutating func add(_ item: Item, now: Moment) -> (batch: [Item]?, alarm: Moment?) {
        items.append(item)
        if items.count == size { return (drain(), nil) }
        if due == nil { due = now.advanced(by: timeout) }
        guard !hasAlarm else { return (nil, nil) }
        hasAlarm = true
        return (nil, due)
    }

    /// The alarm has gone off.
    ///
    /// - Returns: the batch that is due; the instant of the next alarm, if the present batch is a later one.
    mutating func expire(now: Moment) -> (batch: [Item]?, alarm: Moment?) {
        hasAlarm = false
        guard let due else { return (nil, nil) }
        if due <= now { return (drain(), nil) }
        hasAlarm = true
        return (nil, due)
    }

    /// What has been collected so far, which is forgotten here.
    mutating func drain() -> [Item] {
        defer { items = [] }
        due = nil
        return items
    }
}
