// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
@preconcurrency internal import Glibc

/// An instant of the machine's monotonic clock, in whole nanoseconds.
///
/// `ContinuousClock.Instant` says the same, but has no fixed layout: whatever holds one is copied, moved and destroyed through its
/// metadata. Arithmetic ends at the earliest and the latest moment instead of overflowing.
@frozen
public struct Moment: InstantProtocol, Sendable {
    /// Nanoseconds since the clock's start, which is about that of the machine.
    public let nanoseconds: Int64

    /// Makes the moment so many nanoseconds after the clock's start.
    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The present moment.
    public static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }

    /// Whole milliseconds since the clock's start.
    @inlinable
    public var milliseconds: UInt64 { UInt64(clamping: nanoseconds) / 1_000_000 }

    /// The moment that is so much later, or earlier if the duration is negative; parts of a nanosecond are dropped.
    @inlinable
    public func advanced(by duration: Duration) -> Moment {
        let (sum, overflows) = nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return overflows ? Moment(nanoseconds: duration < .zero ? .min : .max) : Moment(nanoseconds: sum)
    }

    /// The time from this moment to another; negative if that is earlier.
    @inlinable
    public func duration(to other: Moment) -> Duration {
        // In 128 bits nothing overflows, so this needs none of the checks of `Duration.nanoseconds`.
        Duration(attoseconds: Int128(other.nanoseconds.subtracting(nanoseconds)) &* 1_000_000_000)
    }

    /// The moment so much later; see `advanced(by:)`.
    @inlinable
    public static func + (moment: Moment, duration: Duration) -> Moment { moment.advanced(by: duration) }

    /// Moves the moment by so much; see `advanced(by:)`.
    @inlinable
    public static func += (moment: inout Moment, duration: Duration) { moment = moment.advanced(by: duration) }

    /// The moment so much earlier; see `advanced(by:)`.
    @inlinable
    public static func - (moment: Moment, duration: Duration) -> Moment { moment.advanced(by: .zero - duration) }

    /// The time from the second to the first; see `duration(to:)`.
    @inlinable
    public static func - (later: Moment, earlier: Moment) -> Duration { earlier.duration(to: later) }

    /// Whether the first comes before the second.
    @inlinable
    public static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Duration {
    /// Whole nanoseconds, rounded towards zero, at most what a 64-bit number holds.
    @inlinable
    public var wholeNanoseconds: Int64 {
        // Two hours and less need no division of 128 bits: a thousand million is 1,953,125 times 2 to the ninth.
        let units = attoseconds >> 9
        if units >= 0, units <= Int128(UInt64.max) { return Int64(UInt64(truncatingIfNeeded: units) / 1_953_125) }
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, exceeds) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflows || exceeds ? (seconds < 0 ? .min : .max) : sum
    }
}

extension Int64 {
    /// The difference, or the bound that it exceeds.
    @inlinable
    func subtracting(_ other: Int64) -> Int64 {
        let (difference, overflows) = subtractingReportingOverflow(other)
        return overflows ? (self < other ? .min : .max) : difference
    }
}
