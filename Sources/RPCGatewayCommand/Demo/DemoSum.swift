// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// Adds two JSON values as Python would: integers of 64 bits, other numbers as floats, texts by joining them.
enum DemoSum {
    static func add(_ left: JSONText, _ right: JSONText) throws(RemoteError) -> JSONText {
        if let left = left.stringValue, let right = right.stringValue { return JSONText(string: left + right) }
        if let left = Int64(left.string), let right = Int64(right.string) {
            let (sum, overflows) = left.addingReportingOverflow(right)
            if !overflows { return try text("\(sum)") }
        }
        guard let left = Double(left.string), let right = Double(right.string), (left + right).isFinite else {
            throw .typeError("unsupported operand type(s) for +")
        }
        return try text("\(left + right)")
    }

    private static func text(_ number: String) throws(RemoteError) -> JSONText {
        do {
            return try JSONText(number)
        } catch {
            throw .valueError("\(error)")
        }
    }
}
