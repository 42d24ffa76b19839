// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Logging
internal import Messaging

extension HTTPGateway {
    /// Executes a JSON-RPC request or a batch of them; the answer comes when all have ended.
    func jsonRPC(_ http: HTTPRequest, _ identity: RequestIdentity, _ sink: ResponseSink) throws(Problem) {
        guard !isDraining else { throw .draining }
        let snapshot = snapshot
        _ = try QueryParameters(http.head.query, known: [])
        try CallRequest.checkContentType(http.head)
        let fields = try CallFields(http.head.fields, identity: identity, configuration: snapshot.configuration)
        let body: JSONRPCBody
        do throws(JSONRPCRefusal) {
            body = try JSONRPCBody(http.body, maximumBatch: snapshot.configuration.maximumBatch)
        } catch {
            return answer(error.response(identity), fields, identity, mayRepeat: true, sink)
        }
        let caller = JSONRPCCaller(self, entries: body.entries, fields: fields, identity, snapshot)
        let batch = JSONRPCBatch(
            count: body.entries.count,
            parallelism: snapshot.configuration.batchParallelism,
            run: caller.run
        ) { [self] responses, mayRepeat in
            answer(body.text(responses), fields, identity, mayRepeat: mayRepeat, sink)
        }
        batch.start()
    }

    /// Sends what one entry asks for; its result comes as a JSON text.
    ///
    /// - Throws: what is wrong with it; nothing was sent then.
    func send(
        _ call: CallRequest,
        _ arguments: JSONText,
        _ identity: RequestIdentity,
        _ snapshot: ConfigurationSnapshot,
        completion: @escaping @Sendable (Result<ArraySlice<UInt8>, JSONRPCFailure>) -> Void
    ) throws(Problem) {
        let gathering = call.route.verb == .gather ? try gatheringDriver : nil
        let request = call.request(arguments, identity)
        try enter(limit: snapshot.configuration.maximumInFlight)
        let responses = CallResponses(call, identity)
        let end: @Sendable (Result<ArraySlice<UInt8>, MessagingError>) -> Void = { [self] result in
            leave()
            completion(result.mapError { JSONRPCFailure(document: responses.document(responses.problem($0))) })
        }
        switch call.route.verb {
        case .call: driver.call(request) { end($0.map(\.result.bytes)) }
        case .cast: driver.cast(request) { end($0.map { _ in JSONText.null.bytes }) }
        case .gather:
            gathering?.gather(request, minimum: call.plan.minimum) { end($0.map { responses.array($0)[...] }) }
        }
    }

    private func answer(
        _ body: [UInt8]?,
        _ fields: CallFields,
        _ identity: RequestIdentity,
        mayRepeat: Bool,
        _ sink: ResponseSink
    ) {
        var response = HTTPResponse(status: body == nil ? 204 : 200, fields: [("Cache-Control", "no-store")])
        response.fields += identity.fields.map { (name: $0.0, value: $0.1) }
        response.fields.append(("Rpc-Timeout", DecimalText.shortSeconds(fields.timeout)))
        if let body {
            response.fields.append(("Content-Type", "application/json"))
            response.body = body[...]
        }
        sink.respond(response, mayRepeat: mayRepeat)
        metrics.answered(SendingRoute.jsonRPC.template, identity, status: response.status)
        guard logger.logLevel <= .info else { return }
        logger.info(
            "request answered",
            metadata: [
                "request.id": "\(identity.id)", "http.route": "\(SendingRoute.jsonRPC.template)",
                "http.status": "\(response.status)", "elapsed": "\(identity.elapsedSeconds)",
            ]
        )
    }
}
