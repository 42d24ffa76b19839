// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What the Connection fields of a request say about the connection (RFC 9112, section 9.3); other options are ignored.
struct ConnectionOptions: OptionSet {
    let rawValue: UInt8

    static let close = ConnectionOptions(rawValue: 1)
    static let keepAlive = ConnectionOptions(rawValue: 2)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The options of one field value.
    init(_ value: UnsafeRawBufferPointer) {
        self = []
        for option in FieldList(value) {
            if Token.equals(option, "close") { insert(.close) }
            if Token.equals(option, "keep-alive") { insert(.keepAlive) }
        }
    }
}

/// The elements of a list in a field value; empty ones are passed over (RFC 9110, section 5.6.1.2).
struct FieldList: Sequence, IteratorProtocol {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ value: UnsafeRawBufferPointer) { rest = value[...] }

    mutating func next() -> UnsafeRawBufferPointer? {
        while !rest.isEmpty {
            let comma = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
            let element = Self.trimmed(rest[..<comma])
            rest = rest[(comma < rest.endIndex ? comma + 1 : comma)...]
            if !element.isEmpty { return UnsafeRawBufferPointer(rebasing: element) }
        }
        return nil
    }

    private static func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var text = text.drop { isSpace($0) }
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
