// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// The timestamps of notifications: `YYYY-MM-DD HH:MM:SS.ffffff`, in UTC and without a zone.
public enum NotificationTimestamp {
    /// The present moment, as the time since 1970-01-01 00:00:00 UTC.
    public static func now() -> Duration {
        .microseconds(Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)))
    }

    /// The text of a time since 1970-01-01 00:00:00 UTC; fractions of a microsecond are cut off.
    public static func text(_ sinceEpoch: Duration = now()) -> String {
        let (seconds, attoseconds) = sinceEpoch.components
        let day = seconds.flooredQuotient(by: 86_400)
        let second = seconds - day * 86_400
        let date = civilDate(daysSinceEpoch: day)
        let fields = [
            padded(date.year, 4), "-", padded(date.month, 2), "-", padded(date.day, 2), " ",
            padded(second / 3600, 2), ":", padded(second / 60 % 60, 2), ":", padded(second % 60, 2), ".",
            padded(attoseconds / 1_000_000_000_000, 6),
        ]
        return fields.joined()
    }

    /// The proleptic Gregorian date of a day, counted in eras of 400 years that begin on the first of March.
    private static func civilDate(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let days = daysSinceEpoch + 719_468
        let era = days.flooredQuotient(by: 146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((divisor - 1 - self) / divisor)
    }
}
