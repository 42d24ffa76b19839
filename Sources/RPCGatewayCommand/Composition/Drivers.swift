// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import Logging
internal import Messaging
internal import RabbitDriver
internal import Threads

/// The drivers that this program links.
enum Drivers {
    /// The registry of all of them.
    static func registry(_ settings: Settings, receivesFromStart: Bool, loops: [EventLoop] = []) -> DriverRegistry {
        var registry = DriverRegistry()
        registry.register(["rabbit", "kombu"]) { url, context in
            var own = settings.driver
            own.receivesFromStart = receivesFromStart
            guard loops.count > 1 else { return try RabbitDriver(url: url, context: context, settings: own) }
            return try RabbitShards(url: url, context: context, settings: own, loops: loops)
        }
        return registry
    }

    /// Makes a driver that servers can listen on.
    ///
    /// - Throws: what is unknown or wrong about the URL's scheme or options.
    static func makeListening(
        _ url: TransportURL,
        _ settings: Settings,
        receivesFromStart: Bool,
        logger: Logger
    ) throws -> any ListeningDriver {
        let driver = try make(url, settings, receivesFromStart: receivesFromStart, logger: logger)
        guard let driver = driver as? any ListeningDriver else {
            throw MessagingError(.invalidRequest, "transport.url: nothing can listen on \(url.driverName)://")
        }
        return driver
    }

    /// Makes the driver of a transport URL.
    ///
    /// - Parameter loops: what drives it, each loop a part of it; with none the driver makes one.
    /// - Throws: what is unknown or wrong about the URL's scheme or options.
    static func make(
        _ url: TransportURL,
        _ settings: Settings,
        receivesFromStart: Bool = true,
        loops: [EventLoop] = [],
        logger: Logger
    ) throws -> any Driver {
        let context = DriverRegistry.DriverContext(
            controlExchange: settings.gateway.controlExchange,
            options: settings.rabbit,
            logger: logger,
            loop: loops.first
        )
        return try registry(settings, receivesFromStart: receivesFromStart, loops: loops).makeDriver(
            url,
            context: context
        )
    }
}
