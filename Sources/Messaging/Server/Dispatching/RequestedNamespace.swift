// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// The namespace that a request asks for.
struct RequestedNamespace: Sendable {
    private let name: Name?
    /// False for what is no string, which fits no endpoint.
    private let isName: Bool

    /// Takes the namespace of a request as it came; a missing one and null are the null namespace.
    init(_ json: JSONText?) {
        let isMissing = json == nil || json == .null
        name = isMissing ? nil : json?.stringValue.map { Name($0) }
        isName = isMissing || name != nil
    }

    /// Whether it is one of these; nil stands for the null namespace.
    func isAmong(_ known: [Name?]) -> Bool { isName && known.contains(name) }
}
