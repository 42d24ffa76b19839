// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// One line of a told client's input; `oslo_client.py` says what it may hold.
struct Command: Sendable {
    let text: JSONText

    init(_ line: String) throws { text = try JSONText(line) }

    var id: JSONText { text.member("id") ?? .null }
    var operation: String { text.member("op")?.stringValue ?? "" }
    var method: String { operation == "ping" ? "oslo_rpc_server_ping" : text.member("method")?.stringValue ?? "" }
    var arguments: JSONText { text.member("args") ?? .emptyObject }
    var context: RequestContext { text.member("context").flatMap { RequestContext($0) } ?? RequestContext() }

    var target: Target {
        let fields = text.member("target")
        let text = { (name: String) in fields?.member(name)?.stringValue }
        return Target(
            exchange: text("exchange"),
            topic: text("topic"),
            namespace: text("namespace"),
            version: text("version"),
            server: text("server"),
            isFanout: operation == "fanout"
        )
    }

    var configuration: RPCClientConfiguration {
        RPCClientConfiguration(
            timeout: seconds("timeout") ?? .seconds(60),
            callMonitorTimeout: seconds("monitor"),
            retry: text.member("retry").flatMap { Int($0.string) }
        )
    }

    private func seconds(_ name: String) -> Duration? {
        text.member(name).flatMap { Double($0.string) }.map { Duration.seconds($0) }
    }
}
