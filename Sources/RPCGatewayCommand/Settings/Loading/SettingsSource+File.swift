// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Configuration
internal import Threads

extension SettingsSource {
    /// A YAML file; nil when it cannot be read or holds no setting at all.
    ///
    /// Unknown keys are problems.
    static func file(_ path: String, problems: inout [SettingsProblem]) -> SettingsSource? {
        let name = "file \(path)"
        do {
            let bytes = try SmallFile.bytes(of: path)
            guard hasContent(bytes) else { return nil }
            // The parser asks about each key whether it is secret, which tells us all keys of the file.
            let keys = Guarded<[String]>([])
            let options = YAMLSnapshot.ParsingOptions(
                secretsSpecifier: .dynamic { key, _ in
                    keys.withLock { $0.append(key) }
                    return SettingsTable.byKey[key]?.isSecret ?? true
                }
            )
            // Right: the span is read during the call and not kept.
            let snapshot = unsafe try YAMLSnapshot(data: bytes.span.bytes, providerName: name, parsingOptions: options)
            let source = SettingsSource(name: name, snapshot: snapshot)
            problems += source.unknownKeys(among: keys.withLock { $0 })
            return source
        } catch {
            let reason = (error as? SmallFileError)?.text ?? "is not valid YAML: \(firstLine(of: error))"
            problems.append(SettingsProblem(subject: name, reason: reason))
            return nil
        }
    }

    private func unknownKeys(among keys: [String]) -> [SettingsProblem] {
        var seen: Set<String> = []
        return keys.sorted().compactMap { key in
            let isRepeated = !seen.insert(key).inserted
            if isRepeated { return SettingsProblem(subject: key, source: name, reason: "is given twice") }
            guard SettingsTable.byKey[key] == nil, !isEmptySection(key) else { return nil }
            let nearest = NearestName.of(key, in: SettingsTable.byKey.keys)
            return SettingsProblem(subject: key, source: name, reason: "unknown key", suggestion: nearest)
        }
    }

    /// A section whose lines are all comments reads as a key with an empty value.
    private func isEmptySection(_ key: String) -> Bool {
        guard SettingsTable.all.contains(where: { $0.key.hasPrefix(key + ".") }) else { return false }
        let found = try? snapshot.value(forKey: AbsoluteConfigKey(dotted: key), type: .string)
        return found?.value?.content == .string("")
    }

    private static func hasContent(_ bytes: [UInt8]) -> Bool {
        bytes.split(separator: UInt8(ascii: "\n")).contains { line in
            let text = line.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            return !text.isEmpty && text.first != UInt8(ascii: "#") && !text.starts(with: "---".utf8)
        }
    }

    /// The parser's further lines quote the file, which may hold a password.
    private static func firstLine(of error: any Error) -> String {
        let lines = String(describing: error).split(separator: "\n")
        return String((lines.first ?? "").prefix(200))
    }
}
