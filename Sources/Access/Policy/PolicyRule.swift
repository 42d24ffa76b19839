// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A rule: what it says, and to what it applies. An empty list stands for all.
struct PolicyRule: Sendable, Equatable {
    /// The line on which it begins.
    var line = 0
    var allows = true
    var targets: [TargetPattern] = []
    var principals: [NamePattern] = []
    var roles: [NamePattern] = []
    var addresses: [PeerPattern] = []
    var exchanges: [NamePattern] = []
    var namespaces: [NamePattern] = []
    var versions: [NamePattern] = []
    var modes: [AccessMode] = []
    var rights = AccessRights()

    /// Whether it applies.
    ///
    /// - Parameter address: Where the request came from; nil where that is not known, to which no pattern applies.
    func applies(to request: AccessRequest, of principal: Principal, from address: PeerAddress?) -> Bool {
        (modes.isEmpty || modes.contains(request.mode))
            && (targets.isEmpty || targets.contains { $0.matches(request) })
            && (principals.isEmpty || principals.contains { $0.matches(principal.name) })
            && (roles.isEmpty || principal.roles.contains { role in roles.contains { $0.matches(role) } })
            && (exchanges.isEmpty || exchanges.contains { $0.matches(optional: request.exchange) })
            && (namespaces.isEmpty || namespaces.contains { $0.matches(optional: request.namespace) })
            && (versions.isEmpty || versions.contains { $0.matches(optional: request.version) })
            && (addresses.isEmpty || addresses.contains { pattern in address.map { pattern.matches($0) } ?? false })
    }
}
