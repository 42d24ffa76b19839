// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// One query option of a transport URL.
public struct TransportOption: Sendable, Hashable {
    /// The name, decoded.
    @Bytewise public private(set) var name: String
    /// The value, decoded; the values of a repeated name are joined with commas.
    @Bytewise public private(set) var value: String

    init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// Whether the name speaks of a secret, so that the value is not to be shown.
    var isSecret: Bool {
        let lowercaseName = name.lowercased().utf8
        return ["password", "passwd", "passphrase", "secret", "token"].contains { lowercaseName.contains($0.utf8) }
    }
}
