// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A JSON value of a token or a key set. Small ones alone are read so: every member is kept.
indirect enum ClaimValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case number(Double)
    case text(Name)
    case list([ClaimValue])
    case object([Name: ClaimValue])

    /// Reads a JSON text (RFC 8259); nil for anything else, for a key that is given twice in any object, for a number that is
    /// not finite, and for more than sixteen levels.
    init?(json bytes: [UInt8]) {
        var reader = ClaimReader(bytes)
        do throws(ClaimReader.Malformed) {
            self = try reader.value(depth: 0)
            try reader.end()
        } catch {
            return nil
        }
    }

    /// The value of a member; nil where there is none, and where this is no object.
    subscript(_ key: Name) -> ClaimValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The text that this is.
    var text: Name? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The texts of a list that has nothing else; nil for others.
    var texts: [Name]? {
        guard case .list(let values) = self else { return nil }
        let texts = values.compactMap(\.text)
        return texts.count == values.count ? texts : nil
    }
}

/// Reads JSON, strictly.
struct ClaimReader {
    struct Malformed: Error {}

    private let bytes: [UInt8]
    private var index = 0
    private static let deepest = 16

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether nothing but white space is left.
    mutating func end() throws(Malformed) {
        skipSpace()
        guard index == bytes.count else { throw Malformed() }
    }

    mutating func value(depth: Int) throws(Malformed) -> ClaimValue {
        guard depth < Self.deepest else { throw Malformed() }
        skipSpace()
        switch try peek() {
        case 0x7b: return try object(depth)
        case 0x5b: return try list(depth)
        case 0x22: return .text(try string())
        case 0x74: return try literal("true", .boolean(true))
        case 0x66: return try literal("false", .boolean(false))
        case 0x6e: return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func object(_ depth: Int) throws(Malformed) -> ClaimValue {
        var members: [Name: ClaimValue] = [:]
        index += 1
        guard try !takes(0x7d) else { return .object(members) }
        repeat {
            skipSpace()
            let key = try string()
            guard try takes(0x3a), members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
                throw Malformed()
            }
        } while try takes(0x2c)
        guard try takes(0x7d) else { throw Malformed() }
        return .object(members)
    }

    private mutating func list(_ depth: Int) throws(Malformed) -> ClaimValue {
        var values: [ClaimValue] = []
        index += 1
        guard try !takes(0x5d) else { return .list(values) }
        repeat { values.append(try value(depth: depth + 1)) } while try takes(0x2c)
        guard try takes(0x5d) else { throw Malformed() }
        return .list(values)
    }

    /// A string at its opening quote.
    private mutating func string() throws(Malformed) -> Name {
        guard try takes(0x22) else { throw Malformed() }
        var content: [UInt8] = []
        while true {
            let byte = try peek()
            index += 1
            switch byte {
            case 0x22:
                guard let text = String(validating: content, as: UTF8.self) else { throw Malformed() }
                return Name(text)
            case 0x5c: try escape(into: &content)
            case ..<0x20: throw Malformed()
            default: content.append(byte)
            }
        }
    }

    /// What follows a backslash.
    private mutating func escape(into content: inout [UInt8]) throws(Malformed) {
        let byte = try peek()
        index += 1
        switch byte {
        case 0x22, 0x5c, 0x2f: content.append(byte)
        case 0x62: content.append(0x08)
        case 0x66: content.append(0x0c)
        case 0x6e: content.append(0x0a)
        case 0x72: content.append(0x0d)
        case 0x74: content.append(0x09)
        case 0x75: content += Array(String(Character(try scalar())).utf8)
        default: throw Malformed()
        }
    }

    /// The character of one escape with `u`, or of two.
    private mutating func scalar() throws(Malformed) -> Unicode.Scalar {
        let unit = try fourDigits()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xdc00, index + 1 < bytes.count, bytes[index] == 0x5c, bytes[index + 1] == 0x75 else {
            throw Malformed()
        }
        index += 2
        let second = try fourDigits()
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (second - 0xdc00))
        else { throw Malformed() }
        return scalar
    }

    private mutating func fourDigits() throws(Malformed) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let byte = try peek()
            index += 1
            switch byte {
            case 0x30...0x39: unit = unit << 4 | UInt32(byte - 0x30)
            case 0x41...0x46, 0x61...0x66: unit = unit << 4 | UInt32((byte | 0x20) - 0x61 + 10)
            default: throw Malformed()
            }
        }
        return unit
    }

    private mutating func number() throws(Malformed) -> ClaimValue {
        let start = index
        if try peek() == 0x2d { index += 1 }
        if try peek() == 0x30 { index += 1 } else { try digits() }
        if index < bytes.count, bytes[index] == 0x2e {
            index += 1
            try digits()
        }
        if index < bytes.count, bytes[index] | 0x20 == 0x65 {
            index += 1
            if try peek() == 0x2b || bytes[index] == 0x2d { index += 1 }
            try digits()
        }
        guard let number = Double(String(decoding: bytes[start..<index], as: UTF8.self)), number.isFinite else {
            throw Malformed()
        }
        return .number(number)
    }

    private mutating func digits() throws(Malformed) {
        let start = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        guard index > start else { throw Malformed() }
    }

    private mutating func literal(_ word: StaticString, _ value: ClaimValue) throws(Malformed) -> ClaimValue {
        let word = Array("\(word)".utf8)
        guard bytes[index...].starts(with: word) else { throw Malformed() }
        index += word.count
        return value
    }

    private func peek() throws(Malformed) -> UInt8 {
        guard index < bytes.count else { throw Malformed() }
        return bytes[index]
    }

    /// Goes on behind a byte that stands here or behind white space; false where another one does.
    private mutating func takes(_ byte: UInt8) throws(Malformed) -> Bool {
        skipSpace()
        guard try peek() == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[index]) { index += 1 }
    }
}
