// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Glibc
import Names

/// The broker that `GATEWAY_TEST_BROKER` names, as in `amqp://guest:guest@127.0.0.1:5672/`.
enum TestBroker {
    static let isAvailable = environment("GATEWAY_TEST_BROKER") != nil
    static let hasControl = isAvailable && environment("GATEWAY_TEST_RABBITMQCTL") != nil
    static let hasTLS =
        isAvailable && environment("GATEWAY_TEST_TLS_PORT") != nil && environment("GATEWAY_TEST_TLS_CA") != nil
    /// Whether nobody else uses the broker, so that an alarm, which stops every publisher, may be raised.
    static let isOurs = hasControl && environment("GATEWAY_TEST_ALARMS") != nil

    static var configuration: ConnectionConfiguration {
        let url = environment("GATEWAY_TEST_BROKER") ?? ""
        let rest = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        let parts = (rest.count > 1 ? rest[1] : "").split(separator: "@", maxSplits: 1)
        let user = (parts.first ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        let address = (parts.last ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        return ConnectionConfiguration(
            host: address.first ?? "127.0.0.1",
            port: address.count > 1 ? Int(address[1]) ?? 5672 : 5672,
            username: user.first ?? "guest",
            password: user.count > 1 ? user[1] : "guest"
        )
    }

    /// A name that no other test and no other run uses.
    static func uniqueName(_ prefix: String) -> Name {
        Name(prefix + "-" + String(UInt64.random(in: 0 ... .max), radix: 16))
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
