// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Messaging
import RabbitDriver
import Testing

/// A driver that can do all that drivers can.
typealias FullDriver = ListeningDriver & GatheringDriver & NotificationDriver & PlainRPCDriver

/// The drivers that have to behave alike.
enum DriverKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case memory
    case rabbit

    /// Both, or memory alone where `GATEWAY_TEST_BROKER` names no broker.
    static let available = allCases.filter { $0 == .memory || brokerURL != nil }

    var testDescription: String { rawValue }

    /// A driver of its own for each test.
    func makeDriver() throws -> any FullDriver {
        self == .rabbit ? try Self.makeRabbitDriver() : try MemoryDriver()
    }

    /// A driver of the broker, for its own user (`name:password`) when one is given.
    static func makeRabbitDriver(
        _ settings: RabbitDriver.Settings = RabbitDriver.Settings(),
        user: String? = nil
    ) throws -> RabbitDriver {
        var text = try #require(brokerURL)
        if let user, let host = text.split(separator: "@").last { text = "rabbit://\(user)@\(host)" }
        let url = try TransportURL(text)
        return try RabbitDriver(url: url, context: DriverRegistry.DriverContext(logger: .quiet), settings: settings)
    }

    /// The broker's address.
    static func rabbitURL() throws -> TransportURL { try TransportURL(try #require(brokerURL)) }

    /// Whether `rabbitmqctl` can be run (`GATEWAY_TEST_RABBITMQCTL`).
    static let hasControl = brokerURL != nil && getenv("GATEWAY_TEST_RABBITMQCTL") != nil

    /// Runs `rabbitmqctl` with arguments.
    static func control(_ arguments: String) -> Bool {
        guard let command = getenv("GATEWAY_TEST_RABBITMQCTL") else { return false }
        return system("\(String(cString: command)) \(arguments) >/dev/null 2>&1") == 0
    }

    /// `amqp://user:password@host:port/` as oslo.messaging writes it.
    private static var brokerURL: String? {
        guard let variable = getenv("GATEWAY_TEST_BROKER") else { return nil }
        let url = String(cString: variable)
        return url.hasPrefix("amqp://") ? "rabbit://" + url.dropFirst("amqp://".count) : url
    }
}

extension Logger {
    /// What the tests provoke is no news.
    static var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}
