// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Access
internal import HTTPServer
internal import Messaging
internal import Names

/// What a request would ask of the policy, for who writes rules.
public struct PolicyQuestion: Sendable {
    /// What rules see of it.
    public let request: AccessRequest

    /// Why there is no question.
    public struct Refusal: Error, CustomStringConvertible {
        /// What is wrong with the request, whatever the rules say.
        public let description: String
    }

    /// Reads a request as the gateway does.
    ///
    /// - Parameters:
    ///   - method: The method of HTTP.
    ///   - target: The path, with its query.
    /// - Throws: What the gateway would refuse without asking the policy.
    public init(method: String, target: String, _ configuration: GatewayConfiguration) throws(Refusal) {
        let parts = target.utf8.split(separator: 0x3f, maxSplits: 1, omittingEmptySubsequences: false)
        let head = RequestHead(
            method: method,
            path: Array(parts.first ?? "".utf8[...]),
            query: parts.count > 1 ? Array(parts[1]) : nil
        )
        do throws(Problem) {
            request = try Self.request(head, configuration)
        } catch {
            throw Refusal(description: error.detail)
        }
    }

    private static func request(
        _ head: RequestHead,
        _ configuration: GatewayConfiguration
    ) throws(Problem) -> AccessRequest {
        guard !Caller.isNeedless(at: head.path) else { throw .notFound("The probe at this path is open to everybody") }
        let route = try Router.route(head.path)
        guard route.takes(head.method) else { throw .methodNotAllowed(head.method, allow: route.allow) }
        switch route {
        case .rpc(let route):
            return try CallPlan(route, query: head.query, ConfigurationSnapshot(configuration)).asked
        case .plain(let route): return AccessRequest(try PlainCall(head, route: route, configuration))
        case .jsonRPC:
            throw .notFound("Entries of JSON-RPC are judged one by one: ask for the path that an entry names")
        case .notify(let topic, let eventType):
            let (request, identity) = (HTTPRequest(head: head), RequestIdentity(given: nil))
            let asked = try NotificationRequest(
                topic: topic,
                eventType: eventType,
                request,
                identity,
                configuration
            )
            return AccessRequest(asked, configuration)
        case .operation: return .operation
        case .notifications(let topic):
            return AccessRequest(try StreamRequest(topic: topic, head, configuration.notifications), configuration)
        case .healthy: return .probe("healthy")
        case .ready: return .probe("ready")
        case .health(let topic, let server):
            let form = try HealthForm(head, known: ["deep", "exchange"])
            return AccessRequest(healthOf: Target(exchange: form.exchange, topic: topic, server: server), configuration)
        case .page(let page): return AccessRequest(page)
        case .logLevel: return .logLevel
        case .inFlight: return .inFlight
        }
    }
}
