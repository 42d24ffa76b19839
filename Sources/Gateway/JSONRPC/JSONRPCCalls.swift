// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Logging
internal import Messaging

/// Requests of JSON-RPC 2.0, alone or in batches.
struct JSONRPCCalls: Sendable {
    private let core: GatewayCore

    init(_ core: GatewayCore) { self.core = core }

    /// Executes a request or a batch of them; the answer comes when all have ended.
    func send(_ exchange: Exchange) throws(Problem) {
        guard !core.isDraining else { throw .draining }
        let (head, identity, sink) = (exchange.request.head, exchange.identity, exchange.sink)
        let snapshot = core.snapshot
        _ = try QueryParameters(head.query, known: [])
        try CallRequest.checkContentType(head, snapshot.configuration.crossOrigin)
        let fields = try CallFields(head.fields, identity: identity, configuration: snapshot.configuration)
        let body: JSONRPCBody
        do throws(JSONRPCRefusal) {
            body = try JSONRPCBody(exchange.request.body, maximumBatch: snapshot.configuration.maximumBatch)
        } catch {
            return answer(error.response(identity), fields, identity, executed: .no, sink)
        }
        let caller = JSONRPCCaller(
            core,
            entries: body.entries,
            fields: fields,
            identity,
            snapshot,
            exchange.caller,
            isKept: sink.isKept
        )
        let batch = JSONRPCBatch(
            count: body.entries.count,
            parallelism: snapshot.configuration.batchParallelism,
            run: caller.run
        ) { responses, executed in
            exchange.caller?.end()
            answer(body.text(responses), fields, identity, executed: executed, sink)
        }
        sink.whenClientGoes { caller.abandon() }
        batch.start()
    }

    private func answer(
        _ body: [UInt8]?,
        _ fields: CallFields,
        _ identity: RequestIdentity,
        executed: MessagingError.Execution,
        _ sink: ResponseSink
    ) {
        var response = HTTPResponse(status: body == nil ? 204 : 200, fields: [("Cache-Control", "no-store")])
        response.fields += identity.fields.map { (name: $0.0, value: $0.1) }
        response.fields.append(("Rpc-Timeout", DecimalText.shortSeconds(fields.timeout)))
        if let body {
            response.fields.append(("Content-Type", "application/json"))
            response.body = body[...]
        }
        sink.respond(response, executed: executed)
        core.metrics.answered(Route.jsonRPC.template, identity, status: response.status)
        guard core.logger.logLevel <= .info else { return }
        core.logger.info(
            "request answered",
            metadata: [
                "request.id": "\(identity.id)", "http.route": "\(Route.jsonRPC.template)",
                "http.status": "\(response.status)", "elapsed": "\(identity.elapsedSeconds)",
            ]
        )
    }
}
