// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Where a setting's value is kept.
typealias SettingPath<Value> = any WritableKeyPath<Settings, Value> & Sendable

extension Setting {
    /// A setting with one value that is written as text.
    private static func single<Value>(
        _ key: String,
        _ path: SettingPath<Value>,
        type: String,
        allowed: String,
        meaning: String,
        parse: @escaping @Sendable (String) -> Value?,
        text: @escaping @Sendable (Value) -> String
    ) -> Setting {
        Setting(
            key: key,
            type: type,
            allowed: allowed,
            meaning: meaning,
            apply: { raw, settings in
                guard case .text(let text) = raw, let value = parse(text) else { return false }
                settings[keyPath: path] = value
                return true
            },
            copy: { $1[keyPath: path] = $0[keyPath: path] },
            show: { .text(text($0[keyPath: path])) }
        )
    }

    static func integer(
        _ key: String,
        _ path: SettingPath<Int>,
        _ range: ClosedRange<Int>,
        _ meaning: String
    ) -> Setting {
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return single(key, path, type: "integer", allowed: allowed, meaning: meaning) { text in
            WholeNumber.parse(text).flatMap { range.contains($0) ? $0 : nil }
        } text: {
            String($0)
        }
    }

    /// How often something is tried again; -1, which the settings keep as nil, means for ever.
    static func attempts(
        _ key: String,
        _ path: SettingPath<Int?>,
        _ range: ClosedRange<Int>,
        _ meaning: String
    ) -> Setting {
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return single(key, path, type: "integer", allowed: allowed, meaning: meaning) { text in
            WholeNumber.parse(text).flatMap { range.contains($0) ? .some($0 < 0 ? nil : $0) : nil }
        } text: {
            String($0 ?? -1)
        }
    }

    static func milliseconds(
        _ key: String,
        _ path: SettingPath<Duration>,
        _ range: ClosedRange<Int>,
        _ meaning: String
    ) -> Setting {
        let allowed = "milliseconds, a whole number from \(range.lowerBound) to \(range.upperBound)"
        return single(key, path, type: "integer", allowed: allowed, meaning: meaning) { text in
            WholeNumber.parse(text).flatMap { range.contains($0) ? .milliseconds($0) : nil }
        } text: {
            String($0.wholeNanoseconds / 1_000_000)
        }
    }

    static func boolean(
        _ key: String,
        _ path: SettingPath<Bool>,
        _ meaning: String
    ) -> Setting {
        single(key, path, type: "boolean", allowed: Switch.allowed, meaning: meaning, parse: Switch.parse) { "\($0)" }
    }

    /// A switch that can be left to the gateway.
    static func optionalBoolean(
        _ key: String,
        _ path: SettingPath<Bool?>,
        _ meaning: String
    ) -> Setting {
        single(key, path, type: "auto or boolean", allowed: "auto, true or false", meaning: meaning) { text in
            text == "auto" ? .some(nil) : Switch.parse(text).map { .some($0) }
        } text: {
            $0.map { "\($0)" } ?? "auto"
        }
    }

    static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ key: String,
        _ path: SettingPath<Value>,
        _ meaning: String
    ) -> Setting {
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return single(key, path, type: "choice", allowed: "one of \(names)", meaning: meaning) {
            Value(rawValue: $0)
        } text: {
            $0.rawValue
        }
    }

    /// A list, each member of which is written as text.
    static func list<Value>(
        _ key: String,
        _ path: SettingPath<[Value]>,
        allowed: String,
        _ meaning: String,
        parse: @escaping @Sendable (String) -> Value?,
        text: @escaping @Sendable (Value) -> String
    ) -> Setting {
        Setting(
            key: key,
            type: "list",
            allowed: allowed,
            meaning: meaning,
            isList: true,
            apply: { raw, settings in
                guard case .list(let texts) = raw else { return false }
                let values = texts.compactMap(parse)
                guard values.count == texts.count else { return false }
                settings[keyPath: path] = values
                return true
            },
            copy: { $1[keyPath: path] = $0[keyPath: path] },
            show: { .list($0[keyPath: path].map(text)) }
        )
    }

    static func text(
        _ key: String,
        _ path: SettingPath<String>,
        allowed: String,
        _ meaning: String,
        isAllowed: @escaping @Sendable (String) -> Bool
    ) -> Setting {
        single(key, path, type: "text", allowed: allowed, meaning: meaning) {
            isAllowed($0) ? $0 : nil
        } text: {
            $0
        }
    }

    static func custom<Value>(
        _ key: String,
        _ path: SettingPath<Value>,
        type: String,
        allowed: String,
        _ meaning: String,
        parse: @escaping @Sendable (String) -> Value?,
        text: @escaping @Sendable (Value) -> String
    ) -> Setting {
        single(key, path, type: type, allowed: allowed, meaning: meaning, parse: parse, text: text)
    }
}

extension Setting {
    /// The same setting, changeable by a reload.
    func reloadable() -> Setting {
        var copy = self
        copy.isReloadable = true
        return copy
    }

    /// The same setting, with an option of the command line.
    func option(_ name: String) -> Setting {
        var copy = self
        copy.option = name
        return copy
    }
}
