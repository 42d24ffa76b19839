// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
internal import Names

/// The segments of a request's path, split first and percent-decoded once each (RFC 3986 section 2.4).
enum PathSegments {
    /// Splits and decodes a path that begins with `/`; a path of `/` alone has no segments.
    ///
    /// - Throws: `invalid-request` for empty, `.` and `..` segments, control characters and invalid UTF-8.
    static func parse(_ path: [UInt8]) throws(Problem) -> [Name] {
        guard path.first == 0x2f else { throw .invalidRequest("path: it has to begin with \"/\"") }
        guard path.count > 1 else { return [] }
        var segments: [Name] = []
        for part in path.dropFirst().split(separator: 0x2f, omittingEmptySubsequences: false) {
            segments.append(try decode(part))
        }
        return segments
    }

    private static func decode(_ part: ArraySlice<UInt8>) throws(Problem) -> Name {
        guard !part.isEmpty else { throw .invalidRequest("path: an empty segment; remove the extra \"/\"") }
        guard let text = PercentEncoding.decode(part) else {
            throw .invalidRequest("path: a segment is not percent-encoded UTF-8")
        }
        let name = Name(text)
        guard name != ".", name != ".." else { throw .invalidRequest("path: \"\(text)\" cannot be a segment") }
        guard !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw .invalidRequest("path: a segment holds a control character")
        }
        return name
    }
}
