// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Durations as decimal numbers without Foundation.
enum DecimalText {
    /// Seconds with six digits after the point.
    static func seconds(_ duration: Duration) -> String { decimal(microseconds(duration), digits: 6) }

    /// Milliseconds with three digits after the point.
    static func milliseconds(_ duration: Duration) -> String { decimal(microseconds(duration), digits: 3) }

    /// Seconds without needless zeros, to the nanosecond: `2.5`, `60`, `0.0004`.
    static func shortSeconds(_ duration: Duration) -> String {
        let nanoseconds = duration.wholeNanoseconds
        guard nanoseconds % 1_000_000_000 > 0 else { return String(nanoseconds / 1_000_000_000) }
        var text = decimal(nanoseconds, digits: 9)
        while text.hasSuffix("0") { text.removeLast() }
        return text
    }

    private static func microseconds(_ duration: Duration) -> Int64 { duration.wholeNanoseconds / 1000 }

    /// A whole number with a point before its last digits.
    private static func decimal(_ value: Int64, digits: Int) -> String {
        let scale: Int64 = (0..<digits).reduce(1) { scale, _ in scale * 10 }
        let fraction = String(scale + value % scale).dropFirst()
        return "\(value / scale).\(fraction)"
    }
}
