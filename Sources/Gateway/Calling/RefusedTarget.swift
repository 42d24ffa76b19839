// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Names

/// Whom a refused request was meant for.
enum RefusedTarget {
    /// The target and method that path and query name; nil where they name none.
    static func find(_ head: RequestHead, _ configuration: GatewayConfiguration) -> (Target, method: String)? {
        guard head.method == "POST", let route = route(head.path),
            let query = try? CallPlan.query(head.query, of: route)
        else { return nil }
        let target = Target(
            exchange: query["exchange"] ?? configuration.controlExchange,
            topic: route.topic,
            namespace: query["namespace"],
            version: query["version"],
            server: route.server,
            isFanout: route.isFanout
        )
        return (target, route.method)
    }

    private static func route(_ path: [UInt8]) -> RPCRoute? {
        guard case .rpc(let route) = try? Router.route(path, takesPrivate: true) else { return nil }
        return route
    }
}
