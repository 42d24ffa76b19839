// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Threads

/// The pages that take no time: metrics, contract, info and the root.
final class Pages: Sendable {
    private let core: GatewayCore
    private let environment: HTTPGateway.Environment
    private let started = Moment.now

    init(_ core: GatewayCore, _ environment: HTTPGateway.Environment) {
        self.core = core
        self.environment = environment
    }

    /// Answers with a page.
    func answer(_ page: Route.Page, _ exchange: Exchange) throws(Problem) {
        _ = try QueryParameters(exchange.request.head.query, known: [])
        let (type, body) = content(page, exchange.request.head.fields)
        exchange.sink.respond(
            HTTPResponse(
                status: 200,
                fields: [("Content-Type", type), ("Cache-Control", "no-store")] + exchange.identity.fields,
                body: body[...]
            )
        )
    }

    private func content(_ page: Route.Page, _ fields: RequestFields) -> (type: String, body: [UInt8]) {
        switch page {
        case .metrics: ("text/plain; version=0.0.4; charset=utf-8", Array(environment.metricsPage().utf8))
        case .openAPI(.json): ("application/json", OpenAPIDocument.json.asked(at: fields.bytes(of: "Host")))
        case .openAPI(.yaml): ("application/yaml", OpenAPIDocument.yaml.asked(at: fields.bytes(of: "Host")))
        case .info: ("application/json", Array(info.utf8))
        case .home: ("text/plain; charset=utf-8", Array(Self.welcome(environment.version).utf8))
        }
    }

    private var info: String {
        let status = core.driver.status
        let configuration = core.configuration
        let pool = status.sendConnections
        let uptime = DecimalText.seconds(started.duration(to: .now))
        let limits = [
            "\"rpc_response_timeout\":\(DecimalText.shortSeconds(configuration.responseTimeout))",
            "\"rpc_max_timeout\":\(DecimalText.shortSeconds(configuration.maximumTimeout))",
            "\"rpc_max_in_flight\":\(configuration.maximumInFlight)",
            "\"rpc_max_in_flight_per_target\":\(configuration.maximumOfTarget)",
        ]
        return """
            {"name":"rpc-gateway","version":\(JSONText(string: environment.version).string),\
            "uptime":\(uptime),"transport":\(JSONText(string: environment.transport).string),\
            "connected":\(status.isConnected),"draining":\(core.isDraining),"in_flight":\(core.inFlight),\
            "waiting_calls":\(status.waitingCalls),\
            "pool":{"connections":\(pool.open),"leases":\(pool.leases),"waiting":\(pool.waiting)},\
            "limits":{\(limits.joined(separator: ","))}}
            """
    }

    private static func welcome(_ version: String) -> String {
        """
        rpc-gateway \(version)

        POST /{topic}/{server}/{method}        call a method; the body is a JSON object of keyword arguments
        POST /{topic}/{method}                 call any server of the topic
        POST /{topic}/{server}/{method}:cast   send without waiting for a result
        POST /{topic}/*/{method}:cast          send to every server of the topic
        POST /{topic}/*/{method}:gather        call every server of the topic and collect the replies

        POST /-/jsonrpc                        JSON-RPC 2.0, one request or a batch
        POST /-/amqp/{exchange}/{routing_key}  plain AMQP: any body, and the reply as it comes
        GET  /-/notifications/{topic}          listen for notifications
        POST /-/notifications/{topic}/{event}  send a notification
        GET  /-/operations/{id}                the answer to a request with Prefer: respond-async

        GET /-/healthy   GET /-/ready   GET /-/health/{topic}[/{server}]
        GET /-/info      GET /-/metrics GET /-/openapi.yaml
        GET /-/in-flight GET /-/log-level, PUT to set it

        """
    }
}

/// The contract in OpenAPI 3.1, as it stands in `openapi/`.
struct OpenAPIDocument {
    let bytes: [UInt8]

    /// As YAML.
    static var yaml: OpenAPIDocument { OpenAPIDocument(bytes: PackageResources.gateway_yaml) }
    /// As JSON.
    static var json: OpenAPIDocument { OpenAPIDocument(bytes: PackageResources.gateway_json) }

    /// The origin at which the contract says that the gateway listens.
    private static let origin = Array("http://127.0.0.1:8080".utf8)

    /// The document with the origin at which it was requested, so that tools call where they got it from.
    ///
    /// - Parameter host: the Host field, which has no character with a meaning in either format.
    func asked(at host: ArraySlice<UInt8>?) -> [UInt8] {
        guard let host, !host.isEmpty, let range = bytes.firstRange(of: Self.origin) else { return bytes }
        var copy = bytes
        copy.replaceSubrange(range, with: Array("http://".utf8) + host)
        return copy
    }
}
