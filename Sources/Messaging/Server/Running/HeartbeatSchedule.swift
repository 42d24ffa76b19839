// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HeapModule
internal import Threads

/// When the callers of running methods next hear of them; a value without clock or effects.
struct HeartbeatSchedule: Sendable {
    private struct Beat: Comparable {
        var due: Moment
        var id: UniqueID

        static func < (left: Beat, right: Beat) -> Bool { left.due < right.due }
        static func == (left: Beat, right: Beat) -> Bool { left.due == right.due }
    }

    private var messages: [UniqueID: (message: any IncomingMessage, interval: Duration)] = [:]
    private var beats = Heap<Beat>()

    /// How many beats are remembered.
    var count: Int { beats.count }

    /// The next moment at which something may be due.
    var next: Moment? { beats.min?.due }

    /// Begins to beat for a message, the first time after one interval.
    mutating func begin(
        _ id: UniqueID,
        _ message: any IncomingMessage,
        every interval: Duration,
        now: Moment
    ) {
        messages[id] = (message, interval)
        beats.insert(Beat(due: now.advanced(by: interval), id: id))
        compact()
    }

    /// Drops the beats of calls that have ended; a caller may ask for an interval of years.
    private mutating func compact() {
        guard beats.count > 2 * messages.count + 1024 else { return }
        beats = Heap(beats.unordered.filter { messages[$0.id] != nil })
    }

    /// Stops beating for a message.
    mutating func end(_ id: UniqueID) { messages[id] = nil }

    /// The messages whose callers are to hear now.
    mutating func due(now: Moment) -> [any IncomingMessage] {
        var due: [any IncomingMessage] = []
        while let beat = beats.min, beat.due <= now {
            beats.removeMin()
            guard let (message, interval) = messages[beat.id] else { continue }
            due.append(message)
            beats.insert(Beat(due: now.advanced(by: interval), id: beat.id))
        }
        return due
    }

    /// Half the caller's interval, which is first cut to whole seconds; nil below a second, where Python's servers do
    /// not beat either.
    static func interval(_ timeout: JSONText?) -> Duration? {
        guard let seconds = timeout.flatMap(wholeSeconds), seconds >= 2, seconds < 1_000_000_000 else { return nil }
        return .milliseconds(seconds * 500)
    }

    /// What Python's `int()` makes of the value.
    private static func wholeSeconds(_ value: JSONText) -> Int? {
        let text = value.stringValue.map { $0.trimmingSpaces } ?? value.string
        if let integer = Int(text) { return integer }
        guard value.stringValue == nil, let number = Double(text), number.isFinite else { return nil }
        return Int(exactly: number.rounded(.towardZero))
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
