//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// From a path to what it asks for.
enum Router {
    /// Reads a raw path, without its query.
    ///
    /// - Parameter unmarked: what a method without a suffix stands for.
    /// - Throws: 400 for a malformed path, 404 where nothing lives, 403 for a private method.
    static func route(_ path: [UInt8], unmarked: RPCRoute.Verb = .call) throws(Problem) -> Route {
        let segments = try PathSegments.parse(path)
        switch segments.count {
        case 0: return .home
        case 1: return try alias(segments[0])
        case _ where segments[0] == "-": return try administration(segments.dropFirst())
        case 2: return .rpc(try rpc(segments[0], "-", split(segments[1], unmarked)))
        case 3: return .rpc(try rpc(segments[0], segments[1], split(segments[2], unmarked)))
        default: throw .notFound("A call has no more than three segments: POST /topic/server/method")
        }
    }

    private static func alias(_ segment: String) throws(Problem) -> Route {
        switch segment {
        case "healthz", "livez": return .healthy
        case "readyz": return .ready
        case "metrics": return .metrics
        default: throw .notFound("A call is POST /topic/server/method or POST /topic/method")
        }
    }

    private static func administration(_ segments: ArraySlice<String>) throws(Problem) -> Route {
        switch Array(segments) {
        case ["healthy"]: return .healthy
        case ["ready"]: return .ready
        case ["metrics"]: return .metrics
        case ["openapi.json"]: return .openAPI(.json)
        case ["openapi.yaml"]: return .openAPI(.yaml)
        case ["info"]: return .info
        case ["jsonrpc"]: return .jsonRPC
        default: return try withNames(segments)
        }
    }

    /// The paths under `/-/` that name something themselves.
    private static func withNames(_ segments: ArraySlice<String>) throws(Problem) -> Route {
        let names = Array(segments.dropFirst())
        switch (segments.first, names.count) {
        case ("health", 1): return .health(topic: names[0], server: nil)
        case ("health", 2): return .health(topic: names[0], server: names[1] == "-" ? nil : names[1])
        case ("amqp", 2): return .plain(PlainRoute(exchange: names[0], last: names[1]))
        case ("operations", 1): return .operation(id: names[0])
        case ("notifications", 1): return .notifications(topic: names[0])
        case ("notifications", 2): return .notify(topic: names[0], eventType: names[1])
        default: throw .notFound("Nothing is served at this path under /-/")
        }
    }

    /// The RPC part of a path of two or three segments, `server` being `-` where there are two.
    private static func rpc(
        _ topic: String,
        _ server: String,
        _ last: (method: String, verb: RPCRoute.Verb)
    ) throws(Problem) -> RPCRoute {
        let (method, verb) = last
        guard PythonIdentifier.isValid(method) else {
            throw .invalidRequest("path: the method \"\(method)\" is not an identifier as Python has them")
        }
        guard !method.hasPrefix("_") else { throw .privateMethod(method) }
        guard topic != "*" else { throw .invalidTarget("A topic has a name; \"*\" can stand for the server only") }
        let isFanout = server == "*"
        try check(verb, isFanout: isFanout)
        return RPCRoute(
            topic: topic,
            server: server == "-" || isFanout ? nil : server,
            isFanout: isFanout,
            method: method,
            verb: verb
        )
    }

    private static func check(_ verb: RPCRoute.Verb, isFanout: Bool) throws(Problem) {
        if isFanout, verb == .call {
            throw .invalidTarget(
                "A call cannot fan out: add \":cast\" to reach every server or \":gather\" to collect their replies, "
                    + "or name one"
            )
        }
        if verb == .gather, !isFanout {
            throw .invalidTarget("Replies are gathered from every server: put \"*\" where the server stands")
        }
    }

    private static func split(
        _ last: String,
        _ unmarked: RPCRoute.Verb
    ) throws(Problem) -> (method: String, verb: RPCRoute.Verb) {
        guard let colon = last.firstIndex(of: ":") else { return (last, unmarked) }
        let method = String(last[..<colon])
        switch last[colon...] {
        case ":cast": return (method, .cast)
        case ":gather": return (method, .gather)
        case let suffix:
            throw .invalidRequest(
                "path: \"\(suffix)\" is not known after a method; \":cast\" and \":gather\" are"
            )
        }
    }
}
