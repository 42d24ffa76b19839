//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

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
        self == .rabbit ? try Self.makeRabbitDriver() : MemoryDriver()
    }

    /// A driver of the broker.
    static func makeRabbitDriver(
        _ settings: RabbitDriver.Settings = RabbitDriver.Settings()
    ) throws -> RabbitDriver {
        let url = try TransportURL(try #require(brokerURL))
        return try RabbitDriver(url: url, context: DriverRegistry.DriverContext(logger: .quiet), settings: settings)
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
