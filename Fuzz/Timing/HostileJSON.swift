// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom

/// JSON values of a given size that are made to be slow to read, each in its own way.
enum HostileJSON: String, CaseIterable, Sendable {
    case keys, sameKeys, escapedKeys, emptyKeys
    case elements, objects, deepLists, deepObjects, deepInside
    case escapes, unicodeEscapes, surrogates, quotes, text, otherText
    case digits, numbers, exponents, white, lines, mixed

    /// A value of about so many bytes.
    func value(_ size: Int, _ random: inout SeededRandom) -> String {
        switch self {
        case .keys: Self.object(size) { #""\#(String($0, radix: 36))":1"# }
        case .sameKeys: Self.object(size) { _ in #""a":1"# }
        case .escapedKeys: Self.object(size) { #""\u0061\#(String($0, radix: 36))":1"# }
        case .emptyKeys: Self.object(size) { _ in #""":{}"# }
        case .elements: Self.array(size) { _ in "0" }
        case .objects: Self.array(size) { _ in #"{"b":[[]]}"# }
        case .deepLists: Self.array(size) { _ in Self.nested(200, "[", "", "]") }
        case .deepObjects: Self.array(size) { _ in Self.nested(200, #"{"a":"#, "0", "}") }
        // Who reads level by level reads all that is inside as often as there are levels.
        case .deepInside: Self.nested(200, "[", Self.string(size, "x"), "]")
        case .escapes: Self.string(size, #"\n"#)
        case .unicodeEscapes: Self.string(size, #"\u00e9"#)
        case .surrogates: Self.string(size, #"\ud83d\ude00"#)
        case .quotes: Self.string(size, #"\"\\"#)
        case .text: Self.string(size, "x")
        case .otherText: Self.string(size, "é\u{1F600}")
        case .digits: String(repeating: "7", count: max(size, 1))
        case .numbers: Self.array(size) { _ in "-1.5e-7" }
        case .exponents: "1e" + String(repeating: "9", count: max(size, 1))
        case .white: "[" + String(repeating: " ", count: size) + "0]"
        case .lines: Self.string(size, #"a.b()\n  File "#)
        case .mixed: Self.mixed(size, &random)
        }
    }

    /// Values of all the other kinds, of sizes as they fall.
    private static func mixed(_ size: Int, _ random: inout SeededRandom) -> String {
        var members: [String] = []
        var bytes = 0
        while bytes < size {
            let kind = allCases.dropLast().randomElement(using: &random) ?? .text
            let value = kind.value(Int.random(in: 0...max(1, size / 4), using: &random), &random)
            members.append(#""\#(members.count)":\#(value)"#)
            bytes += value.utf8.count
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func object(_ size: Int, _ member: (Int) -> String) -> String { "{" + list(size, member) + "}" }

    private static func array(_ size: Int, _ element: (Int) -> String) -> String { "[" + list(size, element) + "]" }

    private static func list(_ size: Int, _ part: (Int) -> String) -> String {
        var text = part(0)
        var number = 1
        while text.utf8.count < size {
            text += "," + part(number)
            number += 1
        }
        return text
    }

    private static func nested(_ levels: Int, _ open: String, _ inside: String, _ close: String) -> String {
        String(repeating: open, count: levels) + inside + String(repeating: close, count: levels)
    }

    private static func string(_ size: Int, _ part: String) -> String {
        "\"" + String(repeating: part, count: size / part.utf8.count) + "\""
    }
}
