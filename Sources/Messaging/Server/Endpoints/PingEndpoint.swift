// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Answers `oslo_rpc_server_ping` with `pong`, whatever the arguments (`rpc_ping_enabled`).
struct PingEndpoint: RPCEndpoint {
    static let method = "oslo_rpc_server_ping"

    var methods: [RPCMethod] {
        RPCMethod(Self.method, rawArguments: { _, _ in JSONText(string: "pong") })
    }
}
