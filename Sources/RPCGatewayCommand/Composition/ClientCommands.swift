//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Logging
internal import Messaging
internal import Observability

/// Carries out `call`, `cast` and `ping`: the gateway's client without HTTP.
enum ClientCommands {
    /// Does what was asked, prints the result, and says how it ended.
    static func run(_ request: ClientRequest, _ settings: Settings) async throws -> Outcome {
        let driver: any Driver
        do {
            driver = try makeDriver(settings)
        } catch {
            return complain("\(error)", .usage)
        }
        driver.start()
        let outcome = await perform(request, settings, driver)
        await driver.shutdown(deadline: .now.advanced(by: .seconds(2)))
        return outcome
    }

    private static func makeDriver(_ settings: Settings) throws -> any Driver {
        let (level, format) = (LogLevelSwitch(settings.log.level), settings.log.format)
        let logger = Logger(label: "rpc-gateway") { LineLogHandler(label: $0, format: format, level: level) }
        let driver = try Drivers.make(try TransportURL(settings.transport.url), settings, logger: logger)
        if settings.runsDemo { _ = try DemoService.listen(on: driver) }
        return driver
    }

    private static func perform(_ request: ClientRequest, _ settings: Settings, _ driver: any Driver) async -> Outcome {
        do {
            try VersionCap.checkForm(request.version)
            let arguments = try object(request.arguments, "the arguments")
            var context = RequestContext(try object(request.context ?? "{}", "--context")) ?? RequestContext()
            context.set("request_id", string: "req-\(UniqueID().dashed)")
            let client = RPCClient(driver: driver, target: request.rpcTarget, configuration: settings.client(request))
            return try await send(request, client, arguments, context)
        } catch let error as MessagingError {
            return report(error, request)
        } catch {
            return complain("\(error)", .usage)
        }
    }

    private static func send(
        _ request: ClientRequest,
        _ client: RPCClient<NoOpSerializer>,
        _ arguments: JSONText,
        _ context: RequestContext
    ) async throws -> Outcome {
        switch request.kind {
        case .call: print(try await client.call(request.method, arguments, context: context).string)
        case .cast: try await client.cast(request.method, arguments, context: context)
        case .ping:
            _ = try await client.call("oslo_rpc_server_ping", context: context)
            print("alive")
        }
        return .success
    }

    private static func report(_ error: MessagingError, _ request: ClientRequest) -> Outcome {
        if request.kind == .ping, let remote = error.remote {
            // A server that refuses the ping is alive enough to refuse it.
            print("alive (\(remote.className))")
            return .success
        }
        return complain(error.remote == nil ? "\(error)" : error.message, Outcome(error.code))
    }

    private static func object(_ text: String, _ what: String) throws -> JSONText {
        do {
            return try JSONObject.arguments(Array(text.utf8))
        } catch {
            throw MessagingError(.invalidRequest, "\(what): \(error)")
        }
    }

    private static func complain(_ message: String, _ outcome: Outcome) -> Outcome {
        StandardError.print("rpc-gateway: \(message)")
        return outcome
    }
}

extension Outcome {
    /// The exit code of a failed call or cast.
    fileprivate init(_ code: MessagingError.Code) {
        self =
            switch code {
            case .remote: .remoteError
            case .invalidTarget, .invalidRequest, .versionCapExceeded: .usage
            case .timeout, .callMonitorTimeout: .timeout
            case .undeliverable, .noConsumers: .undeliverable
            case .brokerUnavailable, .brokerBlocked: .brokerUnavailable
            default: .failure
            }
    }
}

extension ClientRequest {
    fileprivate var rpcTarget: Target {
        var target = Target(exchange: exchange, topic: self.target.topic, namespace: namespace, version: version)
        target.server = self.target.server
        if case .cast(isFanout: true) = kind { target.isFanout = true }
        return target
    }
}

extension Settings {
    fileprivate func client(_ request: ClientRequest) -> RPCClientConfiguration {
        RPCClientConfiguration(
            timeout: request.timeout ?? rpc.responseTimeout,
            versionCap: rpc.versionCap,
            retry: rpc.retry
        )
    }
}
