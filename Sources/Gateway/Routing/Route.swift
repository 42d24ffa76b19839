//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Messaging

/// What a request's path asks for.
enum Route: Sendable {
    /// A call or cast.
    case rpc(RPCRoute)
    /// Whether the process works.
    case healthy
    /// Whether calls can be served.
    case ready
    /// The queue of a topic or server.
    case health(topic: String, server: String?)
    /// The metrics page.
    case metrics
    /// The contract, as JSON or YAML.
    case openAPI(OpenAPIForm)
    /// What runs here.
    case info
    /// The page for people at the root.
    case home

    enum OpenAPIForm: Sendable {
        case json
        case yaml
    }

    /// The template of the path, of low cardinality: what metrics and logs name.
    var template: String {
        switch self {
        case .rpc(let route): route.template
        case .healthy: "/-/healthy"
        case .ready: "/-/ready"
        case .health(_, let server): server == nil ? "/-/health/{topic}" : "/-/health/{topic}/{server}"
        case .metrics: "/-/metrics"
        case .openAPI(.json): "/-/openapi.json"
        case .openAPI(.yaml): "/-/openapi.yaml"
        case .info: "/-/info"
        case .home: "/"
        }
    }

    /// The methods that the path takes, as the `Allow` field lists them.
    var allow: String {
        if case .rpc = self { "POST, OPTIONS" } else { "GET, HEAD, OPTIONS" }
    }

    /// Whether the path takes a method (other than OPTIONS, which every path takes).
    func takes(_ method: String) -> Bool {
        if case .rpc = self { method == "POST" } else { method == "GET" || method == "HEAD" }
    }
}

/// The RPC part of a path: which method of whom, and how.
struct RPCRoute: Sendable, Equatable {
    enum Verb: Sendable, Equatable {
        case call
        case cast
    }

    var topic: String
    /// nil for any server.
    var server: String?
    var isFanout = false
    var method: String
    var verb: Verb

    var template: String {
        let suffix = verb == .cast ? ":cast" : ""
        return isFanout ? "/{topic}/*/{method}\(suffix)" : "/{topic}/{server}/{method}\(suffix)"
    }
}
