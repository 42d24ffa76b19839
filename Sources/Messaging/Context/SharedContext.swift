// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Entries that the contexts of many requests have in common, with the bytes that they become made once.
public final class SharedContext: Sendable {
    /// The entries in their order; each key stands once.
    public let entries: [RequestContext.Entry]
    /// As they stand in the envelope of a request.
    let enveloped: [UInt8]

    /// Makes entries; of a key that is given twice the last value counts.
    public init(_ values: [(key: String, value: JSONText)]) {
        var context = RequestContext()
        for (key, value) in values { context.set(key, value) }
        entries = context.entries
        enveloped = RequestEnvelope.bytes(of: context.entries)
    }

    /// The value of an entry; nil when there is none.
    public subscript(key: String) -> JSONText? { entries.first { $0.key.isSame(as: key) }?.value }
}

extension SharedContext: Hashable {
    /// Whether the entries are the same.
    public static func == (left: SharedContext, right: SharedContext) -> Bool { left.entries == right.entries }

    /// Feeds the entries.
    public func hash(into hasher: inout Hasher) { hasher.combine(entries) }
}
