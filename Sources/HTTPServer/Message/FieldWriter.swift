// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Writes fields that the program makes itself straight into the bytes that are sent.
///
/// Nothing but the room is checked on the way, so what is written has to be sendable by construction: names and texts
/// that are literals of the program, numbers, and bytes that were checked before.
public struct FieldWriter: ~Copyable {
    private let start: UnsafeMutablePointer<UInt8>?
    private let capacity: Int
    private(set) var position = 0
    private(set) var count = 0

    /// The buffer has to outlive the writer.
    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        start = buffer.baseAddress
        capacity = buffer.count
    }

    /// Writes a field whose value is a literal of the program.
    public mutating func field(_ name: StaticString, _ value: StaticString) {
        begin(name)
        let size = value.utf8CodeUnitCount
        let place = room(size + 2)
        place.update(from: value.utf8Start, count: size)
        Self.endLine(place + size)
        count += 1
    }

    /// Writes a field whose value was checked before.
    public mutating func field(_ name: StaticString, _ value: ArraySlice<UInt8>) {
        begin(name)
        append(value)
        end()
    }

    /// Begins a field, whose value follows.
    public mutating func begin(_ name: StaticString) {
        let size = name.utf8CodeUnitCount
        let place = room(size + 2)
        place.update(from: name.utf8Start, count: size)
        place[size] = UInt8(ascii: ":")
        place[size + 1] = UInt8(ascii: " ")
    }

    /// Ends the field.
    public mutating func end() {
        Self.endLine(room(2))
        count += 1
    }

    /// Writes a part of a value that is a literal of the program.
    public mutating func append(_ text: StaticString) {
        let size = text.utf8CodeUnitCount
        room(size).update(from: text.utf8Start, count: size)
    }

    /// Writes a part of a value that was checked before.
    public mutating func append(_ bytes: ArraySlice<UInt8>) {
        assert(bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a control character in a field")
        bytes.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            room(source.count).update(from: first, count: source.count)
        }
    }

    /// Writes a number.
    public mutating func append(decimal number: UInt64) {
        var (size, rest) = (1, number)
        while rest >= 10 { (size, rest) = (size + 1, rest / 10) }
        append(number, digits: size)
    }

    /// Writes the last `digits` digits of a number, with leading zeros.
    public mutating func append(_ number: UInt64, digits: Int) {
        let place = room(digits)
        var rest = number
        for index in stride(from: digits - 1, through: 0, by: -1) {
            place[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Writes sixteen hexadecimal digits in lower case.
    public mutating func append(hexadecimal word: UInt64) {
        let place = room(16)
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * index)) & 15
            place[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
        }
    }

    private static func endLine(_ place: UnsafeMutablePointer<UInt8>) {
        place[0] = ResponseFields.lineEnd
        place[1] = ResponseFields.lineEnd
    }

    private mutating func room(_ size: Int) -> UnsafeMutablePointer<UInt8> {
        guard let start, size <= capacity - position else { preconditionFailure("the fields are larger than was said") }
        defer { position += size }
        return start + position
    }
}
