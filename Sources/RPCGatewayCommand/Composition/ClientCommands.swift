// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import Messaging

/// The composition of `call`, `cast`, `ping` and `gather`: a driver and one request.
enum ClientCommands {
    /// Does what was asked, prints the result, and says how it ended.
    static func run(_ request: ClientRequest, _ settings: Settings) async -> Outcome {
        await ClientSession.run(settings) { driver in
            do {
                return try await perform(request, settings, driver)
            } catch let error as MessagingError where request.kind == .ping && error.remote != nil {
                // A server that refuses the ping is alive enough to refuse it.
                print("alive (\(error.remote?.className ?? ""))")
                return .success
            }
        }
    }

    private static func perform(
        _ request: ClientRequest,
        _ settings: Settings,
        _ driver: any Driver
    ) async throws -> Outcome {
        try VersionCap.checkForm(request.version)
        let arguments = try object(request.arguments, "the arguments")
        var context = RequestContext(try object(request.context ?? "{}", "--context")) ?? RequestContext()
        context.set("request_id", string: "req-\(UniqueID().dashed)")
        let client = RPCClient(driver: driver, target: request.rpcTarget, configuration: settings.client(request))
        switch request.kind {
        case .call: print(try await client.call(request.method, arguments, context: context).string)
        case .cast: try await client.cast(request.method, arguments, context: context)
        case .gather(let minimum):
            let replies = try await client.gather(request.method, arguments, minimum: minimum, context: context)
            for reply in replies { print(line(reply)) }
            if let minimum, replies.count < minimum { return .timeout }
        case .ping:
            _ = try await client.call("oslo_rpc_server_ping", context: context)
            print("alive")
        }
        return .success
    }

    /// One reply as a line of JSON.
    private static func line(_ reply: Result<JSONText, RemoteError>) -> String {
        switch reply {
        case .success(let result):
            // Line breaks can only stand between tokens.
            return "{\"result\": \(result.string.split(whereSeparator: \.isNewline).joined(separator: " "))}"
        case .failure(let error):
            let name = JSONText(string: error.className).string
            let module = JSONText(string: error.module).string
            let message = JSONText(string: error.message).string
            return "{\"exception\": {\"module\": \(module), \"class\": \(name), \"message\": \(message)}}"
        }
    }

    private static func object(_ text: String, _ what: String) throws -> JSONText {
        do {
            return try JSONObject.arguments(Array(text.utf8))
        } catch {
            throw MessagingError(.invalidRequest, "\(what): \(error)")
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
            timeout: request.timeout ?? gateway.responseTimeout,
            versionCap: gateway.versionCap,
            retry: gateway.retry
        )
    }
}
