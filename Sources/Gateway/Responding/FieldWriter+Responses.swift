// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Threads

extension FieldWriter {
    /// Writes the fields that return a request's identifier.
    mutating func append(_ identity: RequestIdentity) {
        field("X-Request-Id", identity.bytes)
        field("X-Openstack-Request-Id", identity.bytes)
    }

    /// Writes the identifier of a message and the time that it had.
    mutating func append(_ id: UniqueID, timeout: Duration) {
        begin("Rpc-Message-Id")
        append(hexadecimal: id.words.high)
        append(hexadecimal: id.words.low)
        end()
        begin("Rpc-Timeout")
        append(shortSeconds: timeout)
        end()
    }

    /// Writes milliseconds with three digits after the point.
    mutating func append(milliseconds duration: Duration) {
        let microseconds = UInt64(clamping: duration.wholeNanoseconds) / 1000
        append(decimal: microseconds / 1000)
        append(".")
        append(microseconds % 1000, digits: 3)
    }

    /// Writes seconds without needless zeros, to the nanosecond: `2.5`, `60`, `0.0004`.
    mutating func append(shortSeconds duration: Duration) {
        let nanoseconds = UInt64(clamping: duration.wholeNanoseconds)
        append(decimal: nanoseconds / 1_000_000_000)
        var (fraction, digits) = (nanoseconds % 1_000_000_000, 9)
        guard fraction > 0 else { return }
        while fraction % 10 == 0 { (fraction, digits) = (fraction / 10, digits - 1) }
        append(".")
        append(fraction, digits: digits)
    }
}
