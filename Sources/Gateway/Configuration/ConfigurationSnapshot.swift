// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The configuration that a request began with: one reference, however far the request carries it.
final class ConfigurationSnapshot: Sendable {
    let configuration: GatewayConfiguration

    init(_ configuration: GatewayConfiguration) { self.configuration = configuration }
}
