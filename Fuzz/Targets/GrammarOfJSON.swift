// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The grammar of RFC 8259, rule by rule: slow, and too plain to be wrong.
struct GrammarOfJSON {
    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var index = 0

    private struct Refused: Error {}

    private init(_ bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// Whether the bytes are one JSON text.
    static func accepts(_ bytes: [UInt8], maximumDepth: Int) -> Bool {
        // Section 8.1: UTF-8.
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var grammar = GrammarOfJSON(bytes, maximumDepth: maximumDepth)
        do {
            try grammar.value(depth: 0)
            return grammar.index == bytes.count
        } catch {
            return false
        }
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ wanted: String) throws(Refused) {
        guard bytes[index...].starts(with: wanted.utf8) else { throw Refused() }
        index += wanted.utf8.count
    }

    private mutating func white() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }

    private mutating func value(depth: Int) throws(Refused) {
        white()
        switch next {
        case UInt8(ascii: "{"): try list("{", "}", depth: depth, isObject: true)
        case UInt8(ascii: "["): try list("[", "]", depth: depth, isObject: false)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try take("true")
        case UInt8(ascii: "f"): try take("false")
        case UInt8(ascii: "n"): try take("null")
        default: try number()
        }
        white()
    }

    private mutating func list(_ begin: String, _ end: String, depth: Int, isObject: Bool) throws(Refused) {
        guard depth < maximumDepth else { throw Refused() }
        try take(begin)
        white()
        if next == end.utf8.first { return try take(end) }
        while true {
            if isObject {
                white()
                try string()
                white()
                try take(":")
            }
            try value(depth: depth + 1)
            guard next == UInt8(ascii: ",") else { break }
            try take(",")
        }
        try take(end)
    }

    private mutating func string() throws(Refused) {
        try take("\"")
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw Refused() }
            index += 1
            if byte == UInt8(ascii: "\\") { try escape() }
        }
        try take("\"")
    }

    private mutating func escape() throws(Refused) {
        guard let letter = next, "\"\\/bfnrtu".utf8.contains(letter) else { throw Refused() }
        index += 1
        guard letter == UInt8(ascii: "u") else { return }
        for _ in 0..<4 {
            guard let digit = next, "0123456789abcdefABCDEF".utf8.contains(digit) else { throw Refused() }
            index += 1
        }
    }

    private mutating func number() throws(Refused) {
        if next == UInt8(ascii: "-") { index += 1 }
        if next == UInt8(ascii: "0") { index += 1 } else { try digits() }
        if next == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        guard next == UInt8(ascii: "e") || next == UInt8(ascii: "E") else { return }
        index += 1
        if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
        try digits()
    }

    private mutating func digits() throws(Refused) {
        let start = index
        while let byte = next, 0x30...0x39 ~= byte { index += 1 }
        guard index > start else { throw Refused() }
    }
}
