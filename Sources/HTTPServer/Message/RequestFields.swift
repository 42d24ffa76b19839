//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The header fields of a request, in the order they came.
///
/// Names compare without regard to ASCII case. Values are bytes without the whitespace around them; as a `String` they
/// are read as UTF-8 when they are valid UTF-8 and as ISO 8859-1 otherwise, so reading one never fails.
public struct RequestFields: Sendable {
    struct Entry: Sendable {
        var name: Range<UInt32>
        var value: Range<UInt32>
    }

    private(set) var bytes: [UInt8]
    private(set) var entries: [Entry]

    init(bytes: [UInt8], entries: [Entry]) {
        self.bytes = bytes
        self.entries = entries
    }

    /// Fields made by hand, for tests and for callers without a socket.
    public init(_ fields: [(name: String, value: String)] = []) {
        self.bytes = []
        self.entries = []
        for field in fields {
            let name = append(field.name)
            entries.append(Entry(name: name, value: append(field.value)))
        }
    }

    private mutating func append(_ text: String) -> Range<UInt32> {
        let start = UInt32(bytes.count)
        bytes.append(contentsOf: text.utf8)
        return start..<UInt32(bytes.count)
    }

    /// How many field lines there are.
    public var count: Int { entries.count }

    /// The name and value of the field line at a position from 0 to `count - 1`.
    public subscript(position: Int) -> (name: String, value: String) {
        (Self.text(slice(entries[position].name)), Self.text(slice(entries[position].value)))
    }

    /// The value of the first field of this name.
    public subscript(name: String) -> String? { bytes(of: name).map(Self.text) }

    /// The bytes of the value of the first field of this name.
    public func bytes(of name: String) -> ArraySlice<UInt8>? {
        for entry in entries where matches(entry, name) { return slice(entry.value) }
        return nil
    }

    /// The values of all fields of this name, in order.
    public func values(of name: String) -> [String] {
        entries.compactMap { matches($0, name) ? Self.text(slice($0.value)) : nil }
    }

    /// How often a field of this name occurs.
    public func count(of name: String) -> Int {
        entries.reduce(into: 0) { count, entry in if matches(entry, name) { count += 1 } }
    }

    private func slice(_ range: Range<UInt32>) -> ArraySlice<UInt8> {
        bytes[Int(range.lowerBound)..<Int(range.upperBound)]
    }

    private func matches(_ entry: Entry, _ name: String) -> Bool {
        guard entry.name.count == name.utf8.count else { return false }
        var index = Int(entry.name.lowerBound)
        for byte in name.utf8 {
            guard Self.lowercased(bytes[index]) == Self.lowercased(byte) else { return false }
            index += 1
        }
        return true
    }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    private static func text(_ value: ArraySlice<UInt8>) -> String {
        if let text = String(validating: value, as: UTF8.self) { return text }
        var text = ""
        for byte in value { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        return text
    }
}
