// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

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
    /// Which names there may be: a name whose bit is not set is absent, and most names that are asked for are.
    private var present: UInt64

    init(bytes: [UInt8], entries: [Entry], present: UInt64) {
        self.bytes = bytes
        self.entries = entries
        self.present = present
    }

    /// The memory of the bytes and entries, for others.
    consuming func emptied() -> (bytes: [UInt8], entries: [Entry]) {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        return (bytes, entries)
    }

    /// How many bytes of memory are reserved.
    var capacity: Int { bytes.capacity + entries.capacity * MemoryLayout<Entry>.stride }

    /// Fields made by hand, for tests and for callers without a socket.
    public init(_ fields: [(name: String, value: String)] = []) {
        self.bytes = []
        self.entries = []
        self.present = 0
        for field in fields {
            let name = append(field.name)
            if let first = field.name.utf8.first { present |= Self.mark(first, count: name.count) }
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
    public subscript(name: StaticString) -> String? { bytes(of: name).map(Self.text) }

    /// The bytes of the value of the first field of this name.
    public func bytes(of name: StaticString) -> ArraySlice<UInt8>? {
        first(Self.bytes(name)).map { slice($0.value) }
    }

    /// Whether there is a field of this name.
    public func contains(_ name: StaticString) -> Bool { first(Self.bytes(name)) != nil }

    /// The values of all fields of this name, in order.
    public func values(of name: StaticString) -> [String] {
        let name = Self.bytes(name)
        guard isPossible(name) else { return [] }
        return entries.compactMap { matches($0, name) ? Self.text(slice($0.value)) : nil }
    }

    /// The bytes of the values of all fields whose name is not known before, in order.
    public func bytes(ofAll name: String) -> [ArraySlice<UInt8>] {
        var name = name
        return name.withUTF8 { name in
            guard isPossible(name) else { return [] }
            return entries.compactMap { matches($0, name) ? slice($0.value) : nil }
        }
    }

    /// How often a field of this name occurs.
    public func count(of name: StaticString) -> Int {
        let name = Self.bytes(name)
        guard isPossible(name) else { return 0 }
        return entries.reduce(into: 0) { count, entry in if matches(entry, name) { count += 1 } }
    }

    private static func bytes(_ name: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    }

    /// The bit of all names of a length and a first character.
    static func mark(_ first: UInt8, count: Int) -> UInt64 {
        1 << UInt64(truncatingIfNeeded: (Int(lowercased(first)) &* 5 &+ count) & 63)
    }

    private func isPossible(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        !name.isEmpty && present & Self.mark(name[0], count: name.count) != 0
    }

    private func first(_ name: UnsafeBufferPointer<UInt8>) -> Entry? {
        guard isPossible(name) else { return nil }
        for entry in entries where matches(entry, name) { return entry }
        return nil
    }

    private func slice(_ range: Range<UInt32>) -> ArraySlice<UInt8> {
        bytes[Int(range.lowerBound)..<Int(range.upperBound)]
    }

    private func matches(_ entry: Entry, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard entry.name.count == name.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress, let wanted = name.baseAddress else { return false }
            let own = start + Int(entry.name.lowerBound)
            // Most clients write the names as we do.
            if memcmp(own, wanted, name.count) == 0 { return true }
            return (0..<name.count).allSatisfy { Self.lowercased(own[$0]) == Self.lowercased(wanted[$0]) }
        }
    }

    /// Whether the bytes of a value are this text, which has to be in lower case; the value's ASCII case does not
    /// matter.
    public static func isSame(_ value: ArraySlice<UInt8>, _ lowercaseText: StaticString) -> Bool {
        value.count == lowercaseText.utf8CodeUnitCount && value.withUnsafeBytes { Token.equals($0, lowercaseText) }
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

extension RequestFields {
    /// The one field `Origin`, if a page's can be as long; nil for none and for several.
    var origin: [UInt8]? {
        guard let value = bytes(of: "Origin"), count(of: "Origin") == 1, value.count <= HTTPFailure.longestOrigin else {
            return nil
        }
        return Array(value)
    }
}
