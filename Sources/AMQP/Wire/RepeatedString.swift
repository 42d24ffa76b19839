// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Names

/// Returns the same string, without a new allocation, while the bytes stay the same.
struct RepeatedString {
    private var last: Name = ""

    /// The bytes as a string; bytes that are no UTF-8 are repaired.
    mutating func string(_ bytes: UnsafeRawBufferPointer) -> String { name(bytes).text }

    /// The bytes as a name; bytes that are no UTF-8 are repaired.
    mutating func name(_ bytes: UnsafeRawBufferPointer) -> Name {
        if !matches(bytes) { last = Name(String(decoding: bytes, as: UTF8.self)) }
        return last
    }

    private func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // nil, for a string without contiguous storage, counts as different and is always right.
        last.utf8.withContiguousStorageIfAvailable { known in
            guard known.count == bytes.count else { return false }
            guard let left = known.baseAddress, let right = bytes.baseAddress else { return known.isEmpty }
            return memcmp(left, right, known.count) == 0
        } ?? false
    }
}

/// The strings of deliveries that are the same from one to the next.
struct RepeatedStrings {
    var consumerTag = RepeatedString()
    var exchange = RepeatedString()
    var routingKey = RepeatedString()
}
