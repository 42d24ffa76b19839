// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// The last events of a subscription, for listeners that come back.
struct RecentEvents {
    /// The most bytes of events that are kept.
    private static let byteLimit = 4 << 20

    private let capacity: Int
    private var events: [NotificationEvent] = []
    private var byteCount = 0
    /// How many events there have been; the number of the newest.
    private(set) var last = 0

    init(capacity: Int) { self.capacity = capacity }

    mutating func append(_ event: NotificationEvent) {
        last += 1
        events.append(event)
        byteCount += event.bytes.count
        var surplus = 0
        while events.count - surplus > capacity || byteCount > Self.byteLimit {
            byteCount -= events[surplus].bytes.count
            surplus += 1
        }
        events.removeFirst(surplus)
    }

    /// The number of the event with this identifier; nil when it is not kept.
    func number(of id: Name) -> Int? {
        guard let index = events.lastIndex(where: { $0.id == id }) else { return nil }
        return last - events.count + 1 + index
    }

    /// The events that came after the one with this number.
    func after(_ number: Int) -> ArraySlice<NotificationEvent> { events.suffix(max(0, last - number)) }
}
