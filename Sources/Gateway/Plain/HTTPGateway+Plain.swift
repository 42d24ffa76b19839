// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

extension HTTPGateway {
    /// Sends a message of plain AMQP; the answer comes with the reply, or for a cast once the broker has it.
    func plain(
        _ route: PlainRoute,
        _ http: HTTPRequest,
        _ identity: RequestIdentity,
        _ sink: ResponseSink
    ) throws(Problem) {
        let snapshot = snapshot
        let call = try PlainCall(http.head, route: route, snapshot.configuration)
        guard let driver = driver as? any PlainRPCDriver else { throw .unsupported("has no plain AMQP") }
        let request = call.request(http.body, identity, snapshot.configuration)
        try enter(limit: snapshot.configuration.maximumInFlight)
        let responses = PlainResponses(call: call, identity: identity, snapshot: snapshot)
        if call.isCast {
            driver.send(request) { [self] in finish(responses, $0.map { responses.accepted }, sink) }
        } else {
            driver.request(request) { [self] in finish(responses, $0.map(responses.response), sink) }
        }
    }
}
