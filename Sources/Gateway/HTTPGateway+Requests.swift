// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import HTTPServer
internal import Messaging

extension HTTPGateway {
    /// Refuses on the head alone what waits for `100 Continue`; others are answered after their body, which keeps the
    /// connection usable.
    public func refusal(for head: RequestHead) -> HTTPResponse? {
        guard head.fields.contains("Expect") else { return nil }
        let identity = RequestIdentity(head.fields)
        do throws(Problem) {
            if case .sending(let route) = try route(head) { try check(route, head, identity) }
            return nil
        } catch {
            return respond(error, identity)
        }
    }

    /// Answers the probes of the process and its metrics when there is no place for other connections.
    public func isUrgent(_ head: RequestHead) -> Bool {
        switch try? Router.route(head.path) {
        case .healthy, .ready, .page(.metrics): true
        default: false
        }
    }

    /// Answers a request, now or when its call has ended.
    public func handle(_ request: HTTPRequest, responder: Responder) {
        let identity = RequestIdentity(request.head.fields)
        if request.head.path.count == 1, request.head.path[0] == UInt8(ascii: "*") {
            return responder.respond(options("GET, HEAD, POST, OPTIONS", identity))
        }
        do throws(Problem) {
            let route = try route(request.head)
            if request.head.method == "OPTIONS" { return responder.respond(options(route.allow, identity)) }
            try dispatch(route, request, identity, responder)
        } catch {
            metrics.refused(error.code)
            responder.respond(respond(error, identity))
        }
    }

    /// Gives the HTTP layer's own failures the form of all others.
    public func response(to failure: HTTPFailure) -> HTTPResponse {
        let problem = Problem(failure)
        metrics.refused(problem.code)
        return respond(problem, RequestIdentity(given: nil))
    }

    /// What a request asks for, by its path and method.
    ///
    /// - Throws: 400, 403, 404 or 405.
    func route(_ head: RequestHead) throws(Problem) -> Route {
        if head.method == "POST", let plan = plan(head) { return .sending(.planned(plan)) }
        let route = try Router.route(head.path)
        guard route.takes(head.method) || head.method == "OPTIONS" else {
            throw .methodNotAllowed(head.method, allow: route.allow)
        }
        return route
    }

    private func dispatch(
        _ route: Route,
        _ request: HTTPRequest,
        _ identity: RequestIdentity,
        _ responder: Responder
    ) throws(Problem) {
        switch route {
        case .sending(let route): try deliver(route, request, identity, .client(responder))
        case .operation(let id): try operation(id, request.head, identity, .client(responder))
        case .notifications(let topic): try listen(topic, request, identity, responder)
        case .healthy: try healthy(request.head, identity, responder)
        case .ready: try ready(request.head, identity, responder)
        case .health(let topic, let server):
            try health(Target(topic: topic, server: server), request.head, identity, responder)
        case .page(let page):
            _ = try QueryParameters(request.head.query, known: [])
            responder.respond(self.page(page, identity))
        }
    }

    func respond(_ problem: Problem, _ identity: RequestIdentity) -> HTTPResponse {
        ProblemDocument(problem: problem, request: identity).response
    }

    private func options(_ allow: String, _ identity: RequestIdentity) -> HTTPResponse {
        HTTPResponse(status: 204, fields: [("Allow", allow)] + identity.fields)
    }
}
