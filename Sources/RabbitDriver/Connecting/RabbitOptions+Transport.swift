// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

extension RabbitOptions {
    /// The options of a transport: those of the configuration, then those of its URL, which win.
    init(context: DriverRegistry.DriverContext, url: TransportURL) throws(RabbitOptionsError) {
        let configured = context.options.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        try self.init(options: configured + url.options.map { ($0.name, $0.value) })
    }
}
