// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Reads the text of a transport URL from left to right.
struct TransportURLParser {
    private let bytes: [UInt8]
    private var rest: ArraySlice<UInt8>

    init(_ text: String) {
        bytes = Array(text.utf8)
        rest = bytes.trimmingBlanks
    }

    mutating func parse() throws(TransportURLError) -> TransportURL {
        if let control = rest.firstIndex(where: { $0 < 0x20 || $0 == 0x7F }) { throw error(.controlCharacter, control) }
        if let fragment = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<fragment] }
        let transport = try parseScheme()
        let query = cut(from: UInt8(ascii: "?"))
        let path = cut(from: UInt8(ascii: "/"))
        return TransportURL(
            transport: transport,
            hosts: try parseHosts(rest),
            virtualHost: try path.map { path throws(TransportURLError) in try decode(path) },
            options: try parseQuery(query ?? [])
        )
    }

    /// Cuts off what follows the first `mark`, and returns it without the mark.
    private mutating func cut(from mark: UInt8) -> ArraySlice<UInt8>? {
        guard let index = rest.firstIndex(of: mark) else { return nil }
        defer { rest = rest[..<index] }
        return rest[(index + 1)...]
    }

    private mutating func parseScheme() throws(TransportURLError) -> String {
        let start = rest.startIndex
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")), rest[colon...].starts(with: "://".utf8) else {
            throw error(.missingScheme, start)
        }
        let scheme = rest[..<colon]
        guard let first = scheme.first else { throw error(.missingScheme, start) }
        let isValid = isLetter(first) && scheme.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
        guard isValid else { throw error(.invalidScheme, start) }
        rest = rest[(colon + 3)...]
        return String(decoding: scheme, as: UTF8.self).lowercased()
    }

    func decode(_ encoded: ArraySlice<UInt8>, plusIsBlank: Bool = false) throws(TransportURLError) -> String {
        let decoded = PercentCoding.decode(encoded, plusIsBlank: plusIsBlank)
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw error(.invalidUTF8, encoded.startIndex)
        }
        // The C library takes credentials as strings that end at the first NUL.
        guard !decoded.contains(0) else { throw error(.controlCharacter, encoded.startIndex) }
        return text
    }

    func error(_ reason: TransportURLError.Reason, _ offset: Int) -> TransportURLError {
        TransportURLError(reason: reason, offset: offset)
    }

    func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }
}

extension [UInt8] {
    fileprivate var trimmingBlanks: ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || 0x09...0x0D ~= $0 }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return []
        }
        return self[first...last]
    }
}

extension TransportURLParser {
    /// Values of a repeated name are joined with commas; names without a value are ignored.
    func parseQuery(_ query: ArraySlice<UInt8>) throws(TransportURLError) -> [TransportOption] {
        var values: [Name: String] = [:]
        var names: [Name] = []
        for pair in query.split(separator: UInt8(ascii: "&")) {
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), equals + 1 < pair.endIndex else { continue }
            let name = Name(try decode(pair[..<equals], plusIsBlank: true))
            let value = try decode(pair[(equals + 1)...], plusIsBlank: true)
            if values[name] == nil { names.append(name) }
            values[name] = values[name].map { "\($0),\(value)" } ?? value
        }
        return names.map { TransportOption(name: $0.text, value: values[$0] ?? "") }
    }
}
