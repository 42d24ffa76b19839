// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a client command is to do, as the person at the terminal said it.
struct ClientRequest: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case call
        case cast(isFanout: Bool)
        case ping
        case gather(minimum: Int?)
    }

    var kind: Kind
    var target: ClientTarget
    var method: String
    /// A JSON object, not yet checked.
    var arguments: String
    var namespace: String?
    var version: String?
    var exchange: String?
    /// Nil is the configured time-out.
    var timeout: Duration?
    /// A JSON object, not yet checked.
    var context: String?
}
