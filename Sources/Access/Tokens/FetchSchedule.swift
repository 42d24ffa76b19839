// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// When the keys behind an address are got: a state machine without effects.
struct FetchSchedule: Sendable, Equatable {
    /// The time from one fetch to the next while all is well.
    let refresh: Duration
    /// How long keys are good after the fetch that brought them.
    let keep: Duration
    /// Clients have no fetch made more often than this.
    static let shortest = Duration.seconds(60)

    /// Whether one is under way.
    private(set) var isUnderWay = false
    /// Those that failed since the last one that did not.
    private(set) var failures = 0
    private(set) var lastSuccess: Moment?
    private var lastStart: Moment?
    /// When a client had one made last.
    private var lastAsked: Moment?

    init(refresh: Duration, keep: Duration) { (self.refresh, self.keep) = (refresh, keep) }

    /// Whether it is time for one, whether or not anybody asks.
    func isDue(_ now: Moment) -> Bool {
        guard let lastStart else { return !isUnderWay }
        return !isUnderWay && lastStart.duration(to: now) >= (failures == 0 ? refresh : min(refresh, pause))
    }

    /// 5, 10, 20, 40 seconds, then a minute.
    private var pause: Duration { min(.seconds(5 << min(failures - 1, 4)), Self.shortest) }

    /// Whether a client may have one made for a key that is not known; it is counted then.
    mutating func ask(_ now: Moment) -> Bool {
        guard !isUnderWay, lastAsked.map({ $0.duration(to: now) >= Self.shortest }) ?? true else { return false }
        // The first one would have been made anyway.
        if lastStart != nil { lastAsked = now }
        begin(now)
        return true
    }

    mutating func begin(_ now: Moment) { (isUnderWay, lastStart) = (true, now) }

    mutating func end(_ now: Moment, succeeded: Bool) {
        isUnderWay = false
        failures = succeeded ? 0 : failures + 1
        if succeeded { lastSuccess = now }
    }

    /// Whether what was got is no longer good.
    func isOver(_ now: Moment) -> Bool { lastSuccess.map { $0.duration(to: now) >= keep } ?? true }
}
