// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The query of a request: known parameters, each once.
struct QueryParameters: Sendable {
    private var values: [(name: String, value: String)] = []

    /// Reads a raw query.
    ///
    /// - Throws: `invalid-request`, naming the parameter, for an unknown one, one given twice, or bad encoding.
    init(_ query: [UInt8]?, known: [String]) throws(Problem) {
        guard let query, !query.isEmpty else { return }
        for part in query.split(separator: 0x26, omittingEmptySubsequences: false) {
            let pair = part.split(separator: 0x3d, maxSplits: 1, omittingEmptySubsequences: false)
            let (name, value) = (try Self.decode(pair[0]), pair.count > 1 ? try Self.decode(pair[1]) : "")
            guard known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
                let list = known.isEmpty ? "none is known here" : "known are \(known.joined(separator: ", "))"
                throw .invalidRequest("query: the parameter \"\(name)\" is not known; \(list)")
            }
            guard self[name] == nil else { throw .invalidRequest("query: the parameter \"\(name)\" is given twice") }
            values.append((name, value))
        }
    }

    /// The value of a parameter; empty for one without a value.
    subscript(name: String) -> String? { values.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }

    /// Decodes one part; `+` is a plus sign, as everywhere except in HTML forms.
    private static func decode(_ part: ArraySlice<UInt8>) throws(Problem) -> String {
        guard let text = PercentEncoding.decode(part) else {
            throw .invalidRequest("query: a parameter is not percent-encoded UTF-8")
        }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw .invalidRequest("query: a parameter holds a control character")
        }
        return text
    }
}
