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
        let bytes = Array((text.utf8.count == 10 ? "\(text)T00:00:00Z" : text).utf8)
        guard bytes.count == 20, bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] == 0x54, bytes[13] == 0x3a,
            bytes[16] == 0x3a, bytes[19] == 0x5a,
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), let hour = Self.number(bytes[11..<13]),
            let minute = Self.number(bytes[14..<16]), let second = Self.number(bytes[17..<19]), year >= 1970
        else { return nil }
        // Right: a structure of numbers, whose pointer to a zone's name is not used.
        var parts = unsafe tm()
        unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
        unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
        self.init(seconds: Int64(unsafe timegm(&parts)))
        // The C library takes the 30th of February for a day of March.
        guard self.text.utf8.elementsEqual(bytes) else { return nil }
    }

    /// The moment as `init(_:)` reads it, with its time.
    public var text: String {
        var seconds = time_t(seconds)
        // Right: the C library reads one and fills the other during the call; its pointer to a zone's name is not used.
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&seconds, &parts)
        let date = unsafe [parts.tm_mon + 1, parts.tm_mday].map { Self.padded($0, 2) }
        let time = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Self.padded($0, 2) }
        let year = Self.padded(unsafe parts.tm_year + 1900, 4)
        return "\(year)-\(date.joined(separator: "-"))T\(time.joined(separator: ":"))Z"
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int32? {
        digits.reduce(0 as Int32?) { value, byte in
            guard let value, (0x30...0x39).contains(byte) else { return nil }
            return value * 10 + Int32(byte - 0x30)
        }
    }

    private static func padded(_ number: Int32, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
