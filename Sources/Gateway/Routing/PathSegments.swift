// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// The segments of a request's path, split first and percent-decoded once each (RFC 3986 section 2.4).
enum PathSegments {
    /// No route has as many segments; what follows them is not looked at.
    private static let maximum = 8

    /// Splits and decodes a path that begins with `/`; a path of `/` alone has no segments.
    ///
    /// - Returns: at most `maximum` of them.
    /// - Throws: `invalid-request` for empty, `.` and `..` segments, control characters and invalid UTF-8.
    static func parse(_ path: [UInt8]) throws(Problem) -> [Name] {
        guard path.first == 0x2f else { throw .invalidRequest("path: it has to begin with \"/\"") }
        guard path.count > 1 else { return [] }
        var segments: [Name] = []
        var rest = path.dropFirst()
        while let end = rest.firstIndex(of: 0x2f), segments.count < maximum {
            segments.append(try decode(rest[..<end]))
            rest = rest[(end + 1)...]
        }
        if segments.count < maximum { segments.append(try decode(rest)) }
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

/// Percent-encoding (RFC 3986 section 2.1).
enum PercentEncoding {
    /// The text that bytes with percent-encoded triplets stand for; nil for a broken triplet or invalid UTF-8.
    static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.contains(0x25) else { return String(validating: bytes, as: UTF8.self) }
        var decoded: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                decoded.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
