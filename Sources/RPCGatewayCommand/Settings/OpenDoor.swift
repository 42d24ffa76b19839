// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer

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
            "authentication (set auth.keys to the file of keys that rpc-gateway keys new makes, auth.issuers, http.tls.clientAuthority, or auth.proxy.identity; auth.anonymous needs a policy.file)"
        case .encryption:
            "TLS (set http.tls.certificate and http.tls.key, or listen on a loopback address, behind a proxy that has it)"
        }
    }
}

extension AccessSettings {
    /// Whether some can be told from others.
    var identifies: Bool {
        keysFile != nil || issuersFile != nil || proxy.identity != .none || certificateNaming != .none
    }

    /// Whether nobody may do everything without saying who they are.
    var isGuarded: Bool { identifies && (takesAnonymous != true || policyFile != nil) }
}

extension Settings {
    /// What is missing where the server listens; nothing where only this machine reaches it.
    ///
    /// - Parameter started: where sockets listen that the process was started with.
    func openDoors(_ started: [BoundAddress] = []) -> [OpenDoor] {
        let addresses = listen.addresses + listen.administration
        guard addresses.contains(where: \.isOpenToOthers) || !started.allSatisfy(\.isLocal) else { return [] }
        return OpenDoor.allCases.filter { door in
            switch door {
            case .authentication: !access.isGuarded
            case .encryption: !tls.isOn
            }
        }
    }

    /// Why the server is not to be started like this; nil where nothing is missing, or that is meant to be.
    ///
    /// - Parameter started: where sockets listen that the process was started with.
    func reasonNotToServe(_ started: [BoundAddress] = []) -> String? {
        let missing = openDoors(started)
        guard !missing.isEmpty, !servesInsecurely else { return nil }
        let list = missing.map(\.remedy).joined(separator: " and ")
        return
            "more than this machine reaches it, without \(list); --insecure or http.insecure=true serves all the same"
    }

    /// The setting whose addresses others can reach, with what it says.
    var openAddresses: (key: String, text: String) {
        let (ordinary, administration) = (listen.addresses, listen.administration)
        let isOrdinary = ordinary.contains(where: \.isOpenToOthers) || !administration.contains(where: \.isOpenToOthers)
        return isOrdinary
            ? ("http.listen", ListenAddresses.text(ordinary))
            : ("http.admin.listen", ListenAddresses.text(administration))
    }
}

extension LoadedSettings {
    /// The same as a problem of the configuration.
    var problemOfServing: SettingsProblem? {
        settings.reasonNotToServe().map { reason in
            let (key, text) = settings.openAddresses
            return SettingsProblem(subject: key, source: origins[key] ?? "default", value: text, reason: reason)
        }
    }
}
