//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Logging
internal import Messaging
internal import RabbitDriver

/// The drivers that this program links.
enum Drivers {
    /// The registry of all of them.
    static func registry(_ settings: Settings) -> DriverRegistry {
        var registry = DriverRegistry()
        registry.register(["rabbit", "kombu"]) { url, context in
            let own = RabbitDriver.Settings(maximumReplyBytes: settings.rpc.maximumReplyBytes)
            return try RabbitDriver(url: url, context: context, settings: own)
        }
        return registry
    }

    /// Makes the driver of a transport URL.
    ///
    /// - Throws: what is unknown or wrong about the URL's scheme or options.
    static func make(_ url: TransportURL, _ settings: Settings, logger: Logger) throws -> any Driver {
        let context = DriverRegistry.DriverContext(
            controlExchange: settings.rpc.controlExchange,
            options: settings.rabbit,
            logger: logger
        )
        return try registry(settings).makeDriver(url, context: context)
    }
}
