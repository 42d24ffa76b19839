// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Messaging
internal import Observability
internal import Threads

/// A driver for one command of the command line, with the demo beside it if the settings ask for it.
enum ClientSession {
    /// Connects, does the work, disconnects, and says how it ended; what goes wrong is printed.
    static func run(_ settings: Settings, _ work: (any Driver) async throws -> Outcome) async -> Outcome {
        let (driver, demo): (any Driver, RPCServer?)
        do {
            (driver, demo) = try makeDriver(settings)
            try demo?.start()
        } catch {
            return complain("\(error)", .usage)
        }
        driver.start()
        let outcome = await outcome(of: work, driver)
        await demo?.wait(deadline: .now.advanced(by: .seconds(2)))
        await driver.shutdown(deadline: .now.advanced(by: .seconds(2)))
        return outcome
    }

    private static func outcome(of work: (any Driver) async throws -> Outcome, _ driver: any Driver) async -> Outcome {
        do {
            return try await work(driver)
        } catch let error as MessagingError {
            return complain(error.remote == nil ? "\(error)" : error.message, Outcome(error.code))
        } catch {
            return complain("\(error)", .usage)
        }
    }

    private static func makeDriver(_ settings: Settings) throws -> (any Driver, RPCServer?) {
        let (level, format) = (LogLevelSwitch(settings.logLevel), settings.logFormat)
        let logger = Logger(label: "rpc-gateway") { LineLogHandler(label: $0, format: format, level: level) }
        let url = try settings.transport.address
        let driver = try Drivers.make(url, settings, receivesFromStart: false, logger: logger)
        guard settings.runsDemo, let listening = driver as? any ListeningDriver else { return (driver, nil) }
        return (driver, DemoEndpoint.server(on: listening, logger: logger))
    }

    private static func complain(_ message: String, _ outcome: Outcome) -> Outcome {
        StandardError.print("rpc-gateway: \(message)")
        return outcome
    }
}
