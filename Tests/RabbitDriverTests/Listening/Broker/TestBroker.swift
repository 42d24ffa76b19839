// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Glibc
import Logging
import Messaging
import Names
import Threads

@testable import RabbitDriver

/// The broker that `GATEWAY_TEST_BROKER` names, as in `amqp://guest:guest@127.0.0.1:5672/`.
enum TestBroker {
    static let isAvailable = environment("GATEWAY_TEST_BROKER") != nil
    static let hasControl = isAvailable && environment("GATEWAY_TEST_RABBITMQCTL") != nil

    /// A name that no other test and no other run uses.
    static func uniqueName(_ prefix: String) -> String {
        prefix + "-" + String(UInt64.random(in: 0 ... .max), radix: 16)
    }

    static func url(virtualHost: String = "") throws -> TransportURL {
        let url = environment("GATEWAY_TEST_BROKER") ?? "amqp://guest:guest@127.0.0.1:5672/"
        return try TransportURL("rabbit" + url.dropFirst("amqp".count) + virtualHost)
    }

    static func driver(_ options: [String: String] = [:], virtualHost: String = "") throws -> RabbitDriver {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let context = DriverRegistry.DriverContext(options: options, logger: logger)
        return try RabbitDriver(url: url(virtualHost: virtualHost), context: context)
    }

    /// Runs `rabbitmqctl`, the command the environment variable holds, with arguments.
    static func control(_ arguments: String) -> Bool {
        guard let command = environment("GATEWAY_TEST_RABBITMQCTL") else { return false }
        return system("\(command) \(arguments) >/dev/null 2>&1") == 0
    }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

extension Moment {
    static func seconds(_ seconds: Int) -> Self { .now.advanced(by: .seconds(seconds)) }
}
