// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names

extension UniqueID {
    /// Reads an identifier as `hexadecimal` writes it; nil for every other text.
    init?(operation text: String) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
        // Other cases, signs, and bits that no identifier of ours has.
        guard hexadecimal.isSame(as: text) else { return nil }
    }
}
