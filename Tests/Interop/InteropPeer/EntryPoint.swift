// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Logging
internal import Messaging
internal import RabbitDriver
import Threads

/// The twin, in Swift, of the tests' Python peers: `client URL` does what `oslo_client.py` does, `server URL --target …`
/// what `interop_server.py` does, `notify URL --topic …` and `listen URL --topic …` what `oslo_notifier.py` and
/// `oslo_notification_listener.py` do.
@main
enum EntryPoint {
    static func main() async {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        do {
            try await run()
        } catch {
            Line.write("FAILED \(error)")
            exit(1)
        }
    }

    private static func run() async throws {
        let words = CommandLine.arguments.dropFirst()
        guard let mode = words.first, let url = words.dropFirst().first else {
            throw UsageError(description: "usage: InteropPeer client|server|notify|listen URL [OPTIONS]")
        }
        let options = try Options(Array(words.dropFirst(2)))
        let driver = try makeDriver(url)
        driver.start()
        switch mode {
        case "client": await ToldClient(driver: driver).run()
        case "server": try await Servers(driver: driver, options: options).run()
        case "notify": try await ToldNotifier(driver: driver, options: options).run()
        case "listen": try await NotingListener(driver: driver, options: options).run()
        default: throw UsageError(description: "no such mode: \(mode)")
        }
        await driver.shutdown(deadline: .now.advanced(by: .seconds(5)))
    }

    private static func makeDriver(_ url: String) throws -> RabbitDriver {
        var logger = Logger(label: "interop")
        logger.logLevel = .warning
        // As Python's transports: no connection for replies before the first call.
        let settings = RabbitDriver.Settings(receivesFromStart: false)
        return try RabbitDriver(url: TransportURL(url), context: .init(logger: logger), settings: settings)
    }
}
