// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Some time out of each stretch of it, in shares: whoever alone uses it gets half, two get a third each.
struct TimeAllowance: Sendable {
    private let whole: Duration
    private let stretch: Duration
    private var start: Moment?
    /// Nanoseconds.
    private var spent = Shares()

    init(_ whole: Duration, of stretch: Duration) { (self.whole, self.stretch) = (whole, stretch) }

    /// Whether some of it is left for a holder; the last use may take longer than that.
    mutating func isLeft(for holder: Holder, at now: Moment) -> Bool {
        if start.map({ now - $0 >= stretch }) ?? true { (start, spent) = (now, Shares()) }
        return spent.hasPlace(for: holder, in: Int(whole.wholeNanoseconds))
    }

    mutating func spend(_ time: Duration, of holder: Holder, at now: Moment) {
        _ = isLeft(for: holder, at: now)
        spent.add(Int(time.wholeNanoseconds), to: holder)
    }
}
