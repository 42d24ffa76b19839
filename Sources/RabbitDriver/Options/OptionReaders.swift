// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Takes the text of one option; says what is expected when the text does not fit.
typealias OptionReader = @Sendable (inout RabbitOptions, String) -> String?

/// Readers for the types of oslo.config.
enum OptionReaders {
    typealias Path<Value> = any (WritableKeyPath<RabbitOptions, Value> & Sendable)

    static func flag(_ path: Path<Bool>) -> OptionReader {
        { options, text in
            switch text.lowercased() {
            case "true", "1", "yes", "on": options[keyPath: path] = true
            case "false", "0", "no", "off": options[keyPath: path] = false
            default: return "true or false is expected"
            }
            return nil
        }
    }

    static func integer(_ path: Path<Int>, in range: ClosedRange<Int>) -> OptionReader {
        { options, text in
            guard let value = Int(text), range.contains(value) else {
                return "a whole number from \(range.lowerBound) to \(range.upperBound) is expected"
            }
            options[keyPath: path] = value
            return nil
        }
    }

    static func seconds(_ path: Path<Duration>, in range: ClosedRange<Int>) -> OptionReader {
        { options, text in
            guard let value = Int(text), range.contains(value) else {
                return "whole seconds from \(range.lowerBound) to \(range.upperBound) are expected"
            }
            options[keyPath: path] = .seconds(value)
            return nil
        }
    }

    static func optionalSeconds(_ path: Path<Duration?>, in range: ClosedRange<Double>) -> OptionReader {
        { options, text in
            guard let value = Double(text), range.contains(value) else {
                return "seconds from \(range.lowerBound) to \(range.upperBound) are expected"
            }
            options[keyPath: path] = .seconds(value)
            return nil
        }
    }

    /// Empty text is the same as no option.
    static func text(_ path: Path<String?>) -> OptionReader {
        { options, text in
            options[keyPath: path] = text.isEmpty ? nil : text
            return nil
        }
    }

    static func choice<Choice>(_ path: Path<Choice>) -> OptionReader
    where Choice: RawRepresentable & CaseIterable & Sendable, Choice.RawValue == String {
        { options, text in
            guard let value = Choice(rawValue: text) else { return expected(Choice.self) }
            options[keyPath: path] = value
            return nil
        }
    }

    static func choice<Choice>(_ path: Path<Choice?>) -> OptionReader
    where Choice: RawRepresentable & CaseIterable & Sendable, Choice.RawValue == String {
        { options, text in
            guard !text.isEmpty else { return nil }
            guard let value = Choice(rawValue: text) else { return expected(Choice.self) }
            options[keyPath: path] = value
            return nil
        }
    }

    /// An option that means nothing to this driver: known, so that one configuration serves every program.
    static let ignored: OptionReader = { _, _ in nil }

    /// An option for something that is refused rather than silently left out; off and empty are accepted.
    static func off(_ problem: String) -> OptionReader {
        { _, text in ["", "false", "0", "no", "off"].contains(text.lowercased()) ? nil : problem }
    }

    /// The one format that every peer has; the others need libraries that few of them install.
    static let compression: OptionReader = { options, text in
        guard ["", "gzip", "zlib", "application/x-gzip"].contains(text) else { return "gzip or nothing is expected" }
        options.compressesBodies = !text.isEmpty
        return nil
    }

    private static func expected<Choice>(_ type: Choice.Type) -> String
    where Choice: RawRepresentable & CaseIterable & Sendable, Choice.RawValue == String {
        type.allCases.map(\.rawValue).joined(separator: " or ") + " is expected"
    }
}
