//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// From a path to what it asks for.
enum Router {
    /// Reads a raw path, without its query.
    ///
    /// - Throws: 400 for a malformed path, 404 where nothing lives, 403 for a private method.
    static func route(_ path: [UInt8]) throws(Problem) -> Route {
        let segments = try PathSegments.parse(path)
        switch segments.count {
        case 0: return .home
        case 1: return try alias(segments[0])
        case _ where segments[0] == "-": return try administration(segments.dropFirst())
        case 2: return .rpc(try rpc(topic: segments[0], server: "-", last: segments[1]))
        case 3: return .rpc(try rpc(topic: segments[0], server: segments[1], last: segments[2]))
        default: throw .notFound("No path has more than three segments; a call is POST /topic/server/method")
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
        case let parts where parts.first == "health" && parts.count == 2: return .health(topic: parts[1], server: nil)
        case let parts where parts.first == "health" && parts.count == 3:
            return .health(topic: parts[1], server: parts[2] == "-" ? nil : parts[2])
        default: throw .notFound("Nothing is served at this path under /-/")
        }
    }

    private static func rpc(topic: String, server: String, last: String) throws(Problem) -> RPCRoute {
        let (method, verb) = try split(last)
        guard PythonIdentifier.isValid(method) else {
            throw .invalidRequest("path: the method \"\(method)\" is not an identifier as Python has them")
        }
        guard !method.hasPrefix("_") else { throw .privateMethod(method) }
        guard topic != "*" else { throw .invalidTarget("A topic has a name; \"*\" can stand for the server only") }
        let isFanout = server == "*"
        if isFanout, verb == .call {
            throw .invalidTarget("A call cannot fan out: add \":cast\" to reach every server, or name one")
        }
        return RPCRoute(
            topic: topic,
            server: server == "-" || isFanout ? nil : server,
            isFanout: isFanout,
            method: method,
            verb: verb
        )
    }

    private static func split(_ last: String) throws(Problem) -> (method: String, verb: RPCRoute.Verb) {
        guard let colon = last.firstIndex(of: ":") else { return (last, .call) }
        guard last[colon...] == ":cast" else {
            throw .invalidRequest("path: \"\(last[colon...])\" is not known after a method; \":cast\" is")
        }
        return (String(last[..<colon]), .cast)
    }
}
