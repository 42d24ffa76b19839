// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a server lacks that others than this machine can reach.
enum OpenDoor: Sendable, Equatable, CaseIterable {
    /// Somebody may do everything without saying who they are.
    case authentication
    /// What is sent can be read and changed on its way.
    case encryption

    /// Its name, for the log.
    var name: String {
        switch self {
        case .authentication: "authentication"
        case .encryption: "TLS"
        }
    }

    /// Its name, and what would be right.
    var remedy: String {
        switch self {
        case .authentication:
            "authentication (set auth.keys to the file of keys that rpc-gateway keys new makes, or auth.issuers; auth.anonymous needs a policy.file)"
        case .encryption: "TLS (listen on a loopback address, behind a proxy that has it)"
        }
    }
}

extension AccessSettings {
    /// Whether some can be told from others.
    var identifies: Bool { keysFile != nil || issuersFile != nil }

    /// Whether nobody may do everything without saying who they are.
    var isGuarded: Bool { identifies && (takesAnonymous != true || policyFile != nil) }
}

extension Settings {
    /// What is missing where the server listens; nothing on a loopback address.
    var openDoors: [OpenDoor] {
        guard !http.listen.isLoopback else { return [] }
        return access.isGuarded ? [.encryption] : [.authentication, .encryption]
    }

    /// Why the server is not to be started like this; nil where nothing is missing, or that is meant to be.
    var reasonNotToServe: String? {
        let missing = openDoors
        guard !missing.isEmpty, !servesInsecurely else { return nil }
        let list = missing.map(\.remedy).joined(separator: " and ")
        return
            "more than this machine reaches it, without \(list); --insecure or http.insecure=true serves all the same"
    }
}

extension LoadedSettings {
    /// The same as a problem of the configuration.
    var problemOfServing: SettingsProblem? {
        settings.reasonNotToServe.map { reason in
            SettingsProblem(
                subject: "http.listen",
                source: origins["http.listen"] ?? "default",
                value: settings.http.listen.text,
                reason: reason
            )
        }
    }
}
