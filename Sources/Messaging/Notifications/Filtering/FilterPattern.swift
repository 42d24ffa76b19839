// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A regular expression that has to match from the start of a text, as Python's `re.match`.
struct FilterPattern: Sendable {
    // Regex is not Sendable because a literal's transforms can capture anything. This one is compiled from text, has no
    // transforms and never changes; its lazily lowered program is published atomically.
    private nonisolated(unsafe) let regex: Regex<AnyRegexOutput>

    /// Compiles a pattern.
    ///
    /// - Throws: `invalidRequest`, naming the field and what is wrong with the pattern.
    init(_ pattern: String, field: String) throws(MessagingError) {
        do {
            // Python's characters and words, instead of Swift's grapheme clusters and Unicode's word boundaries.
            unsafe regex = try Regex(pattern).matchingSemantics(.unicodeScalar).wordBoundaryKind(.simple)
        } catch {
            throw MessagingError(
                .invalidRequest,
                "filter of \(field): \"\(pattern)\" is no regular expression: \(error)"
            )
        }
    }

    /// Whether the text begins with a match.
    func matches(_ text: String) -> Bool { (try? unsafe regex.prefixMatch(in: text)) != nil }

    /// Whether the value is a JSON string that begins with a match; other values never match.
    func matches(_ value: JSONText) -> Bool { value.stringValue.map(matches) ?? false }
}
