// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// What a client command is to do, as given on the command line.
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
    /// Nil for the configured time-out.
    var timeout: Duration?
    /// A JSON object, not yet checked.
    var context: String?
}

/// Whom to call: `topic` or `topic/server`.
struct ClientTarget: Sendable, Equatable, ExpressibleByArgument {
    var topic: String
    var server: String?

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 255 }) else {
            return nil
        }
        topic = parts[0]
        server = parts.count == 2 ? parts[1] : nil
    }
}
