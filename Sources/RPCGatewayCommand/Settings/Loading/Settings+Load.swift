// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension Settings {
    /// Reads and checks all settings; may be called again for a reload.
    ///
    /// - Parameters:
    ///   - arguments: What the command line says.
    ///   - environment: The environment's variables.
    /// - Throws: `SettingsError` with everything that is wrong, in the order of the table.
    static func load(
        arguments: SettingsArguments,
        environment: [String: String]
    ) throws(SettingsError) -> LoadedSettings {
        var problems: [SettingsProblem] = []
        let sources = makeSources(arguments, environment, &problems)
        var loaded = LoadedSettings(settings: Settings(), origins: [:])
        for setting in SettingsTable.all {
            if let problem = loaded.read(setting, from: sources) { problems.append(problem) }
        }
        problems += loaded.contradictions
        if arguments.areForServing, let problem = loaded.problemOfServing { problems.append(problem) }
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
        return loaded
    }

    /// The sources, the most important one first.
    private static func makeSources(
        _ arguments: SettingsArguments,
        _ environment: [String: String],
        _ problems: inout [SettingsProblem]
    ) -> [SettingsSource] {
        problems += SettingsSource.unknownKeys(in: arguments) + SettingsSource.unknownVariables(in: environment)
        var sources = [SettingsSource.arguments(arguments), .environment(environment)]
        sources.append(.environmentFiles(environment, problems: &problems))
        if let directory = secretsDirectory(arguments, environment, &problems) {
            sources.append(.secrets(directory: directory, problems: &problems))
        }
        if let path = arguments.configFile ?? environment[SettingsSource.configFileVariable],
            let file = SettingsSource.file(path, problems: &problems)
        {
            sources.append(file)
        }
        return sources
    }

    private static func secretsDirectory(
        _ arguments: SettingsArguments,
        _ environment: [String: String],
        _ problems: inout [SettingsProblem]
    ) -> String? {
        let given = arguments.secretsDirectory ?? environment[SettingsSource.secretsDirectoryVariable]
        let credentials = environment[SettingsSource.credentialsDirectoryVariable]
        let directory = given ?? credentials ?? SettingsSource.usualSecretsDirectory
        if SmallFile.isDirectory(directory) { return directory }
        if given != nil {
            problems.append(SettingsProblem(subject: "secrets directory \(directory)", reason: "is not a directory"))
        }
        return nil
    }
}

extension LoadedSettings {
    /// Takes a setting from the first source that has it; says what is wrong with it.
    fileprivate mutating func read(_ setting: Setting, from sources: [SettingsSource]) -> SettingsProblem? {
        for source in sources {
            switch source.answer(for: setting) {
            case .nothing: continue
            case .wrongShape: return Self.problem(setting, source, nil, "must be \(setting.allowed)")
            case .value(let raw):
                let isEmpty = raw == .text("")
                guard !isEmpty, setting.apply(raw, &settings) else {
                    let remedy = isEmpty ? "is empty; leave it out for the default, or give it " : "must be "
                    let detail = isEmpty ? nil : setting.explain(raw)
                    let reason = remedy + setting.allowed + (detail.map { " (\($0))" } ?? "")
                    return Self.problem(setting, source, raw, reason)
                }
                origins[setting.key] = source.place(setting)
                return nil
            }
        }
        return nil
    }

    private static func problem(
        _ setting: Setting,
        _ source: SettingsSource,
        _ raw: Setting.Raw?,
        _ reason: String
    ) -> SettingsProblem {
        let value: String? =
            switch raw {
            case .text(""), nil: nil
            case .text(let text): setting.isSecret ? "***" : text
            case .list(let items): setting.isSecret ? "***" : items.joined(separator: ",")
            }
        return SettingsProblem(subject: setting.key, source: source.place(setting), value: value, reason: reason)
    }
}
