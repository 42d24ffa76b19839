// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Configuration

/// One place that settings come from.
struct SettingsSource: Sendable {
    /// What a source has to say about a key.
    enum Answer: Sendable, Equatable {
        case nothing
        case value(Setting.Raw)
        /// A list where one value belongs.
        case wrongShape
    }

    /// Shown where nothing more specific is known: `file gateway.yaml`.
    let name: String
    let snapshot: any ConfigSnapshot
    /// Says where the reader should look for a setting, such as the variable's name.
    var place: @Sendable (Setting) -> String

    init(
        name: String,
        snapshot: any ConfigSnapshot,
        place: (@Sendable (Setting) -> String)? = nil
    ) {
        self.name = name
        self.snapshot = snapshot
        self.place = place ?? { _ in name }
    }

    /// Reads a setting as text, since settings have their own rules for what a text may be.
    func answer(for setting: Setting) -> Answer {
        let key = AbsoluteConfigKey(dotted: setting.key)
        do {
            guard case .string(let text) = try snapshot.value(forKey: key, type: .string).value?.content else {
                return .nothing
            }
            return .value(setting.isList ? .list(Self.items(of: text)) : .text(text))
        } catch {
            return list(for: setting, key)
        }
    }

    private func list(for setting: Setting, _ key: AbsoluteConfigKey) -> Answer {
        guard setting.isList,
            case .stringArray(let items)? = try? snapshot.value(forKey: key, type: .stringArray).value?.content
        else { return .wrongShape }
        return .value(.list(items))
    }

    private static func items(of text: String) -> [String] {
        text.split(separator: ",").map { item in
            String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension AbsoluteConfigKey {
    /// The key that is written in the form `http.listen`.
    init(dotted key: String) {
        self.init(key.split(separator: ".").map(String.init))
    }
}
