// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

/// Milliseconds of the monotonic clock, the unit of all deadlines of a loop.
enum MonotonicClock {
    static func milliseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, at least 1 and at most what can be added to a clock.
    var wholeMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds < 1 << 50 else { return .max / 4 }
        let attosecondsOfOne: Int64 = 1_000_000_000_000_000
        let rest = UInt64(clamping: (attoseconds + attosecondsOfOne - 1) / attosecondsOfOne)
        return max(1, UInt64(clamping: seconds) * 1_000 + rest)
    }
}
