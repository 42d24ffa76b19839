// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import Threads

/// Knows which driver serves which scheme of a transport URL, as stevedore does for oslo.messaging.
///
/// The library knows `memory` and `fake`; a program registers the other drivers that it links.
public struct DriverRegistry: Sendable {
    /// Makes a driver for a transport; called once for each, throws when its options are wrong.
    public typealias Factory = @Sendable (TransportURL, DriverContext) throws -> any Driver

    /// What a driver gets besides its URL.
    public struct DriverContext: Sendable {
        /// The exchange of targets that name none (`control_exchange`).
        public var controlExchange: String
        /// Options of the driver under their oslo names; those of the URL win over them.
        public var options: [String: String]  // names: our own
        /// The logger of the driver.
        public var logger: Logger
        /// The loop that drives it, on which completions run; nil has the driver make one.
        public var loop: EventLoop?

        /// Makes a context.
        public init(
            controlExchange: String = "openstack",
            options: [String: String] = [:],  // names: our own
            logger: Logger,
            loop: EventLoop? = nil
        ) {
            self.controlExchange = controlExchange
            self.options = options
            self.logger = logger
            self.loop = loop
        }
    }

    private var factories: [String: Factory] = [:]  // names: our own

    /// Makes a registry that knows the memory driver.
    public init() {
        register(["memory", "fake"]) { _, context in
            try MemoryDriver(controlExchange: context.controlExchange, loop: context.loop)
        }
    }

    /// Makes a driver serve names; a later registration wins.
    public mutating func register(_ names: [String], factory: @escaping Factory) {
        for name in names { factories[name] = factory }
    }

    /// The names that have a driver, sorted.
    public var names: [String] { factories.keys.sorted() }

    /// Makes the driver of a URL.
    ///
    /// - Throws: `DriverLoadFailure` for an unknown name, or what the driver throws for wrong options.
    public func makeDriver(_ url: TransportURL, context: DriverContext) throws -> any Driver {
        guard let factory = factories[url.driverName] else {
            throw DriverLoadFailure(name: url.driverName, known: names)
        }
        return try factory(url, context)
    }
}

/// No driver serves the scheme of a transport URL (`oslo_messaging.DriverLoadFailure`).
public struct DriverLoadFailure: Error, Sendable, CustomStringConvertible {
    /// The name that was asked for.
    public var name: String
    /// The names that would do.
    public var known: [String]

    /// The name, and what could stand in its place.
    public var description: String {
        "no driver is known for the transport \"\(name)\"; known are \(known.joined(separator: ", "))"
    }
}
