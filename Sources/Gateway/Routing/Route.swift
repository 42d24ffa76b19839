// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Names

/// What a request's path asks for.
enum Route: Sendable {
    /// A call, cast or gathering.
    case rpc(RPCRoute)
    /// A request in the pattern of plain AMQP, or a message that nobody answers.
    case plain(PlainRoute)
    /// JSON-RPC 2.0.
    case jsonRPC
    /// A notification to send.
    case notify(topic: String, eventType: String)
    /// What became of a request that is answered later.
    case operation(id: String)
    /// The notifications of a topic, as a stream.
    case notifications(topic: String)
    /// Whether the process works.
    case healthy
    /// Whether calls can be served.
    case ready
    /// The queue of a topic or server.
    case health(topic: String, server: String?)
    /// A page, which takes no time to answer.
    case page(Page)
    /// The level of the log, to see or to set.
    case logLevel
    /// The calls under way.
    case inFlight

    /// The pages of the gateway itself.
    enum Page: Sendable {
        /// The metrics page.
        case metrics
        /// The contract, as JSON or YAML.
        case openAPI(OpenAPIForm)
        /// What runs here.
        case info
        /// The page for people at the root.
        case home
    }

    enum OpenAPIForm: Sendable {
        case json
        case yaml
    }

    /// The template of the path, of low cardinality: what metrics and logs name.
    var template: String {
        switch self {
        case .rpc(let route): route.template
        case .plain(let route): route.template
        case .jsonRPC: "/-/jsonrpc"
        case .notify: "/-/notifications/{topic}/{event_type}"
        case .operation: "/-/operations/{id}"
        case .notifications: "/-/notifications/{topic}"
        case .healthy: "/-/healthy"
        case .ready: "/-/ready"
        case .health(_, let server): server == nil ? "/-/health/{topic}" : "/-/health/{topic}/{server}"
        case .page(.metrics): "/-/metrics"
        case .page(.openAPI(.json)): "/-/openapi.json"
        case .page(.openAPI(.yaml)): "/-/openapi.yaml"
        case .page(.info): "/-/info"
        case .page(.home): "/"
        case .logLevel: "/-/log-level"
        case .inFlight: "/-/in-flight"
        }
    }
}

extension Route {
    /// The methods that the path takes, as the `Allow` field lists them.
    var allow: String {
        switch self {
        case .rpc, .plain, .jsonRPC, .notify: "POST, OPTIONS"
        case .operation: "GET, HEAD, DELETE, OPTIONS"
        // A stream has no length and no end, so its head alone says nothing.
        case .notifications: "GET, OPTIONS"
        case .healthy, .ready, .health, .page, .inFlight: "GET, HEAD, OPTIONS"
        case .logLevel: "GET, HEAD, PUT, OPTIONS"
        }
    }

    /// Whether the path takes a method (other than OPTIONS, which every path takes).
    func takes(_ method: String) -> Bool {
        switch self {
        case .rpc, .plain, .jsonRPC, .notify: method == "POST"
        case .operation: method == "GET" || method == "HEAD" || method == "DELETE"
        case .notifications: method == "GET"
        case .healthy, .ready, .health, .page, .inFlight: method == "GET" || method == "HEAD"
        case .logLevel: method == "GET" || method == "HEAD" || method == "PUT"
        }
    }
}

extension Route {
    /// Whether the path is served where a request came in.
    ///
    /// - Parameter isSeparate: whether there are listeners of their own for those who run the gateway. Nothing is sent from
    ///   there, and nothing is shown elsewhere that only they need.
    func isServed(at entrance: Entrance, isSeparate: Bool) -> Bool {
        switch self {
        case .rpc, .plain, .jsonRPC, .notify, .operation, .notifications: entrance == .ordinary
        case .healthy, .ready, .health, .page(.openAPI), .page(.home): true
        case .page(.metrics), .page(.info), .logLevel, .inFlight: entrance == .administrative || !isSeparate
        }
    }
}

/// The path of plain AMQP: an exchange and a routing key, with or without a reply.
struct PlainRoute: Sendable, Equatable {
    /// The exchange as the path names it; `-` is the default exchange.
    var exchange: String
    /// As the path names it.
    var routingKey: String
    var isCast = false

    /// What follows the routing key of a message that nobody answers.
    static let castSuffix = ":cast"

    /// Reads the last two segments of the path; every other `:` belongs to the routing key.
    init(exchange: Name, last: Name) {
        self.exchange = exchange.text
        isCast = last.hasSuffix(Self.castSuffix)
        routingKey = isCast ? String(last.text.utf8.dropLast(Self.castSuffix.utf8.count)) ?? last.text : last.text
    }

    var template: String { "/-/amqp/{exchange}/{routing_key}\(isCast ? Self.castSuffix : "")" }
}

/// The RPC part of a path: which method of whom, and how.
struct RPCRoute: Sendable, Equatable {
    enum Verb: Sendable, Equatable {
        case call
        case cast
        case gather
    }

    var topic: String
    /// nil for any server.
    var server: String?
    var isFanout = false
    var method: String
    var verb: Verb

    /// The forms that such a path has; the raw value is what metrics and logs name.
    enum Form: String, Sendable, CaseIterable {
        case call = "/{topic}/{server}/{method}"
        case cast = "/{topic}/{server}/{method}:cast"
        case fanout = "/{topic}/*/{method}:cast"
        case gather = "/{topic}/*/{method}:gather"
    }

    var form: Form {
        switch verb {
        case .call: .call
        case .cast: isFanout ? .fanout : .cast
        case .gather: .gather
        }
    }

    var template: String { form.rawValue }
}
