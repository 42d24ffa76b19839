// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

extension HTTPGateway {
    /// Sends the message of a request; the answer comes when it has ended.
    ///
    /// - Throws: what is wrong with the request; nothing was sent then.
    func execute(
        _ route: SendingRoute,
        _ request: HTTPRequest,
        _ identity: RequestIdentity,
        _ sink: ResponseSink
    ) throws(Problem) {
        switch route {
        case .planned(let plan): try call(CallRequest(request.head, plan: plan, identity), request, identity, sink)
        case .rpc(let rpc): try call(planned(rpc, request.head, identity), request, identity, sink)
        case .plain(let plain): try self.plain(plain, request, identity, sink)
        case .jsonRPC: try jsonRPC(request, identity, sink)
        case .notify(let topic, let eventType): try notify(topic, eventType, request, identity, sink)
        }
    }

    /// Checks what the head alone shows.
    func check(_ route: SendingRoute, _ head: RequestHead, _ identity: RequestIdentity) throws(Problem) {
        switch route {
        case .planned(let plan): _ = try CallRequest(head, plan: plan, identity)
        case .rpc(let rpc): _ = try CallRequest(head, route: rpc, identity, snapshot)
        case .plain(let plain): _ = try PlainCall(head, route: plain, configuration)
        case .jsonRPC: try CallRequest.checkContentType(head)
        case .notify: break
        }
    }
}
