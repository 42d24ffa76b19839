// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The time of day, in seconds since 1970-01-01T00:00:00Z.
public enum WallClock {
    /// The present second; may be called from any thread.
    public static func now() -> Int64 {
        var time = timespec()
        // Right: the kernel fills the structure during the call.
        _ = unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Int64(time.tv_sec)
    }
}

/// A moment in UTC as people write it: `2027-01-31`, which is its first second, or `2027-01-31T12:00:00Z`.
public struct UTCTime: Sendable, Equatable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int64

    /// Makes a moment.
    public init(seconds: Int64) { self.seconds = seconds }

    /// What `init(_:)` reads, for people.
    public static let allowed = "a date such as 2027-01-31 or a time in UTC such as 2027-01-31T12:00:00Z"

    /// Reads a moment of the years 1970 to 9999; nil for another form, or a day that no calendar has.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10 || bytes.count == 20, bytes[4] == 0x2d, bytes[7] == 0x2d,
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), year >= 1970, (1...12).contains(month),
            (1...Self.days(in: month, of: year)).contains(day)
        else { return nil }
        let midnight = Self.daysSince1970(year, month, day) * 86_400
        guard bytes.count == 20 else {
            seconds = midnight
            return
        }
        guard let time = Self.secondsOfDay(bytes[10...]) else { return nil }
        seconds = midnight + time
    }

    /// The moment as `init(_:)` reads it, with its time.
    public var text: String {
        let (day, time) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (year, month, date) = Self.date(day)
        let parts = [time / 3600, time / 60 % 60, time % 60].map { Self.padded($0, 2) }
        let calendar = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(date, 2))"
        return "\(calendar)T\(parts.joined(separator: ":"))Z"
    }

    private static func secondsOfDay(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let bytes = Array(bytes)
        guard bytes[0] == 0x54, bytes[3] == 0x3a, bytes[6] == 0x3a, bytes[9] == 0x5a,
            let hour = number(bytes[1..<3]), let minute = number(bytes[4..<6]), let second = number(bytes[7..<9]),
            hour < 24, minute < 60, second < 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        digits.reduce(0 as Int64?) { value, byte in
            guard let value, (0x30...0x39).contains(byte) else { return nil }
            return value * 10 + Int64(byte - 0x30)
        }
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Counts in years that begin with March, whose leap day is their last.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let from = month > 2 ? year : year - 1
        let days = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return from * 365 + from / 4 - from / 100 + from / 400 + days - 719_468
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let (era, rest) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let years = (rest - rest / 1460 + rest / 36_524 - rest / 146_096) / 365
        let day = rest - (365 * years + years / 4 - years / 100)
        let month = (5 * day + 2) / 153
        let calendarMonth = month < 10 ? month + 3 : month - 9
        let year = years + era * 400 + (calendarMonth <= 2 ? 1 : 0)
        return (year, calendarMonth, day - (153 * month + 2) / 5 + 1)
    }
}
