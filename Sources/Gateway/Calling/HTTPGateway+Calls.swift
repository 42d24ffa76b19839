//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import HTTPServer
internal import Messaging

extension HTTPGateway {
    /// Sends a call or cast; the answer comes when it has ended.
    func call(
        _ route: RPCRoute,
        _ http: HTTPRequest,
        _ identity: RequestIdentity,
        _ sink: AnswerSink
    ) throws(Problem) {
        let snapshot = snapshot
        let call = try CallRequest(http.head, route: route, identity, snapshot.configuration)
        let gathering = route.verb == .gather ? try gatheringDriver : nil
        let request = call.request(try Self.arguments(http.body), identity, snapshot.configuration)
        try enter(limit: snapshot.configuration.maximumInFlight)
        let answer = CallAnswer(call: call, identity: identity, snapshot: snapshot)
        switch route.verb {
        case .call: driver.call(request) { [self] in finish(answer, $0.map(answer.response), sink) }
        case .cast: driver.cast(request) { [self] in finish(answer, $0.map(answer.response), sink) }
        case .gather:
            let form = GatherForm(http.head.fields)
            gathering?.gather(request, minimum: call.minimum) { [self] in
                finish(answer, $0.map { answer.response($0, form) }, sink)
            }
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
