// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// From a path to what it asks for.
enum Router {
    /// Reads a raw path, without its query.
    ///
    /// - Parameters:
    ///   - unmarked: what a method without a suffix stands for.
    ///   - takesPrivate: whether a private method is taken like any other.
    /// - Throws: 400 for a malformed path, 404 where nothing lives, 403 for a private method.
    static func route(
        _ path: [UInt8],
        unmarked: RPCRoute.Verb = .call,
        takesPrivate: Bool = false
    ) throws(Problem) -> Route {
        let segments = try PathSegments.parse(path)
        switch segments.count {
        case 0: return .page(.home)
        case 1: return try alias(segments[0])
        // Compared as written: `%2D` is a topic named `-`.
        case _ where path.starts(with: "/-/".utf8): return try administration(segments.dropFirst())
        case 2: return .rpc(try rpc(segments[0], "-", split(segments[1], unmarked), takesPrivate))
        case 3: return .rpc(try rpc(segments[0], segments[1], split(segments[2], unmarked), takesPrivate))
        default: throw .notFound("A call has no more than three segments: POST /topic/server/method")
        }
    }

    private static func alias(_ segment: Name) throws(Problem) -> Route {
        switch segment {
        case "healthz", "livez": return .healthy
        case "readyz": return .ready
        case "metrics": return .page(.metrics)
        default: throw .notFound("A call is POST /topic/server/method or POST /topic/method")
        }
    }

    private static func administration(_ segments: ArraySlice<Name>) throws(Problem) -> Route {
        switch Array(segments) {
        case ["healthy"]: return .healthy
        case ["ready"]: return .ready
        case ["metrics"]: return .page(.metrics)
        case ["openapi.json"]: return .page(.openAPI(.json))
        case ["openapi.yaml"]: return .page(.openAPI(.yaml))
        case ["info"]: return .page(.info)
        case ["jsonrpc"]: return .jsonRPC
        case ["log-level"]: return .logLevel
        case ["in-flight"]: return .inFlight
        default: return try withNames(segments)
        }
    }

    /// The paths under `/-/` that name something themselves.
    private static func withNames(_ segments: ArraySlice<Name>) throws(Problem) -> Route {
        let names = Array(segments.dropFirst())
        switch (segments.first, names.count) {
        case ("health", 1): return .health(topic: names[0].text, server: nil)
        case ("health", 2): return .health(topic: names[0].text, server: names[1] == "-" ? nil : names[1].text)
        case ("amqp", 2): return .plain(PlainRoute(exchange: names[0], last: names[1]))
        case ("operations", 1): return .operation(id: names[0].text)
        case ("notifications", 1): return .notifications(topic: names[0].text)
        case ("notifications", 2): return .notify(topic: names[0].text, eventType: names[1].text)
        default: throw .notFound("Nothing is served at this path under /-/")
        }
    }

    /// The RPC part of a path of two or three segments, `server` being `-` where there are two.
    private static func rpc(
        _ topic: Name,
        _ server: Name,
        _ last: (method: Name, verb: RPCRoute.Verb),
        _ takesPrivate: Bool
    ) throws(Problem) -> RPCRoute {
        let (method, verb) = last
        guard PythonIdentifier.isValid(method.text) else {
            throw .invalidRequest("path: the method \"\(method)\" is not an identifier as Python has them")
        }
        guard takesPrivate || !method.hasPrefix("_") else { throw .privateMethod(method.text) }
        guard topic != "*" else { throw .invalidTarget("A topic has a name; \"*\" can stand for the server only") }
        let isFanout = server == "*"
        try check(verb, isFanout: isFanout)
        return RPCRoute(
            topic: topic.text,
            server: server == "-" || isFanout ? nil : server.text,
            isFanout: isFanout,
            method: method.text,
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
            throw .invalidTarget("Replies are gathered from every server: put \"*\" in place of the server")
        }
    }

    private static func split(
        _ last: Name,
        _ unmarked: RPCRoute.Verb
    ) throws(Problem) -> (method: Name, verb: RPCRoute.Verb) {
        guard let colon = last.utf8.firstIndex(of: UInt8(ascii: ":")) else { return (last, unmarked) }
        // A colon is never a byte inside another UTF-8 character, so both parts are whole texts.
        let method = Name(String(last.text[..<colon]))
        switch Name(String(last.text[colon...])) {
        case ":cast": return (method, .cast)
        case ":gather": return (method, .gather)
        case let suffix:
            throw .invalidRequest(
                "path: \"\(suffix)\" is not known after a method; \":cast\" and \":gather\" are"
            )
        }
    }
}
