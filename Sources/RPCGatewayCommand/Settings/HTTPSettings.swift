// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The HTTP server's settings.
struct HTTPSettings: Sendable, Equatable {
    var listen = ListenAddress(host: "127.0.0.1", port: 8080)
    var loops = 1
    var maximumConnections = 16_384
    /// 0 is no limit.
    var maximumConnectionsPerAddress = 0
    var maximumHeadBytes = 8192
    var maximumBodyBytes = 16_711_680
    var idleTimeout = Duration.seconds(75)
    var readTimeout = Duration.seconds(30)
}
