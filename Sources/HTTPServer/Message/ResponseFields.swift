// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The header fields of an answer, in the order they are sent.
///
/// They are kept as the lines of the head. What may not stand there never gets in: a field from elsewhere is checked
/// when it is added, and one that the program writes itself is right by construction (`FieldWriter`).
public struct ResponseFields: Sendable {
    /// `name: value`, each ended by two bytes `lineEnd`.
    private(set) var lines: [UInt8]
    /// Stands for each byte of CR LF, since the library takes no value with line ends in it; no field can hold it.
    static let lineEnd: UInt8 = 1
    /// How many fields there are.
    public private(set) var count: Int
    /// Whether a field was left out because it could not stand in a head.
    private(set) var hasLeftOut = false

    /// No fields.
    public init() {
        lines = []
        count = 0
    }

    /// Fields in the order of a list; one that could not stand in a head is left out.
    public init(_ fields: [(name: String, value: String)]) {
        self.init()
        self += fields
    }

    /// Fields that are known to be sendable, written one after the other.
    ///
    /// - Parameters:
    ///   - capacity: the most bytes that the lines take.
    ///   - write: writes the fields.
    public init(capacity: Int, _ write: (inout FieldWriter) -> Void) {
        (lines, count) = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer in
            var writer = FieldWriter(buffer)
            write(&writer)
            return (Array(UnsafeBufferPointer(rebasing: buffer[..<writer.position])), writer.count)
        }
    }

    /// Adds a field; one that could not stand in a head is left out.
    public mutating func append(_ field: (name: String, value: String)) {
        guard HeadRules.isSendable(field) else {
            hasLeftOut = true
            return
        }
        lines.reserveCapacity(lines.count + field.name.utf8.count + field.value.utf8.count + 4)
        lines.append(contentsOf: field.name.utf8)
        lines.append(UInt8(ascii: ":"))
        lines.append(UInt8(ascii: " "))
        lines.append(contentsOf: field.value.utf8)
        lines.append(Self.lineEnd)
        lines.append(Self.lineEnd)
        count += 1
    }

    /// Adds the fields of a list.
    public static func += (fields: inout ResponseFields, more: [(name: String, value: String)]) {
        for field in more { fields.append(field) }
    }

    /// Adds other fields.
    public static func += (fields: inout ResponseFields, more: ResponseFields) {
        fields.lines.append(contentsOf: more.lines)
        fields.count += more.count
        fields.hasLeftOut = fields.hasLeftOut || more.hasLeftOut
    }

    /// Removes the fields for which a condition holds.
    public mutating func removeAll(where isUnwanted: ((name: String, value: String)) -> Bool) {
        let left = filter { !isUnwanted($0) }
        guard left.count < count else { return }
        let hadLeftOut = hasLeftOut
        self = ResponseFields(left)
        hasLeftOut = hadLeftOut
    }

    /// The lines as they are sent.
    var head: [UInt8] {
        var head = lines
        for index in head.indices where head[index] == Self.lineEnd {
            head[index] = index > 0 && head[index - 1] == UInt8(ascii: "\r") ? UInt8(ascii: "\n") : UInt8(ascii: "\r")
        }
        return head
    }

    /// About how much memory the fields take when they are kept.
    public var bytesInMemory: Int { lines.count + 60 * count }
}

extension ResponseFields: Sequence {
    /// Reads the fields back.
    public struct Iterator: IteratorProtocol {
        fileprivate var rest: ArraySlice<UInt8>

        /// The next field; nil after the last.
        public mutating func next() -> (name: String, value: String)? {
            guard let colon = rest.firstIndex(of: UInt8(ascii: ":")),
                let end = rest.firstIndex(of: ResponseFields.lineEnd)
            else { return nil }
            let field = (Self.text(rest[..<colon]), Self.text(rest[(colon + 2)..<end]))
            rest = rest[(end + 2)...]
            return field
        }

        private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
    }

    /// The fields in their order.
    public func makeIterator() -> Iterator { Iterator(rest: lines[...]) }
}
