// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

extension HTTPGateway {
    /// Reads a request whose path has no plan yet, and keeps its plan for the next.
    func planned(
        _ route: RPCRoute,
        _ head: RequestHead,
        _ identity: RequestIdentity
    ) throws(Problem) -> CallRequest {
        let call = try CallRequest(head, route: route, identity, snapshot)
        keep(call.plan, head)
        return call
    }

    /// Sends a call or cast; the answer comes when it has ended.
    func call(
        _ call: CallRequest,
        _ http: HTTPRequest,
        _ identity: RequestIdentity,
        _ sink: ResponseSink
    ) throws(Problem) {
        let gathering = call.route.verb == .gather ? try gatheringDriver : nil
        let request = call.request(try Self.arguments(http.body), identity)
        try enter(limit: call.plan.snapshot.configuration.maximumInFlight)
        let sent = CallUnderWay(self, CallResponses(call, identity), sink)
        switch call.route.verb {
        case .call: driver.call(request) { sent.end($0) }
        case .cast: driver.cast(request) { sent.end($0) }
        case .gather:
            let form = GatherForm(http.head.fields)
            gathering?.gather(request, minimum: call.plan.minimum) { sent.end($0, form) }
        }
    }

    private static func arguments(_ body: [UInt8]) throws(Problem) -> JSONText {
        do {
            return try JSONObject.arguments(body)
        } catch {
            throw .invalidArguments(error)
        }
    }
}
