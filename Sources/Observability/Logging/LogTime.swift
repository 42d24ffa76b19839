// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A moment of a log line, written as RFC 3339 in UTC with milliseconds.
public struct LogTime: Sendable, Equatable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var milliseconds: Int64

    /// Makes a moment from milliseconds since 1970.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The present moment of the system's clock.
    public static func now() -> LogTime {
        var time = timespec()
        // Right: the kernel fills the structure during the call.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// `2026-11-21T04:40:54.123Z`.
    public var text: String {
        let fraction = milliseconds - Self.wholeSeconds(milliseconds) * 1000
        var seconds = time_t(Self.wholeSeconds(milliseconds))
        // Right: the C library reads one and fills the other during the call; its pointer to a zone's name is not used.
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&seconds, &parts)
        let (year, month, day) = unsafe (parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
        let (hour, minute, second) = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
        return "\(date)T\(time).\(padded(Int32(fraction), 3))Z"
    }

    private static func wholeSeconds(_ milliseconds: Int64) -> Int64 {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return rest < 0 ? seconds - 1 : seconds
    }
}

private func padded(_ number: Int32, _ width: Int) -> String {
    let digits = String(number)
    if digits.utf8.count >= width { return digits }
    return String(repeating: "0", count: width - digits.utf8.count) + digits
}
