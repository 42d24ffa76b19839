// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What the values of an option of `[oslo_messaging_rabbit]` look like.
enum RabbitOption: Sendable {
    case boolean
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case choice([String])
    case text

    var type: String {
        switch self {
        case .boolean: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .choice: "choice"
        case .text: "text"
        }
    }

    var allowed: String {
        switch self {
        case .boolean: Switch.allowed
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let names): "one of " + names.joined(separator: ", ")
        case .text: "text"
        }
    }

    /// The text that the driver gets; nil when the value is not allowed.
    func normalized(_ text: String) -> String? {
        switch self {
        case .boolean: return Switch.parse(text).map { "\($0)" }
        case .integer(let range): return WholeNumber.parse(text).flatMap { range.contains($0) ? String($0) : nil }
        case .number(let range): return Self.isDecimal(text, in: range) ? text : nil
        case .choice(let names): return names.contains(text) ? text : nil
        case .text: return text
        }
    }

    /// Digits and a point only: Swift's own parser also takes hexadecimal numbers, which the driver need not know.
    private static func isDecimal(_ text: String, in range: ClosedRange<Double>) -> Bool {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else { return false }
        return Double(text).map { range.contains($0) } ?? false
    }
}

extension Setting {
    /// An option of `[oslo_messaging_rabbit]`, kept as text for the driver.
    static func rabbit(_ name: String, _ option: RabbitOption, default: String, _ meaning: String) -> Setting {
        Setting(
            key: "rabbit.\(name)",
            type: option.type,
            allowed: option.allowed,
            meaning: meaning,
            documentedDefault: `default`,
            apply: { raw, settings in
                guard case .text(let text) = raw, let value = option.normalized(text) else { return false }
                settings.rabbit[name] = value
                return true
            },
            copy: { $1.rabbit[name] = $0.rabbit[name] },
            show: { settings in settings.rabbit[name].map { .text($0) } }
        )
    }
}
