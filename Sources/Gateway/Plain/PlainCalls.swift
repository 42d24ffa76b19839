// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

/// Messages of plain AMQP.
struct PlainCalls: Sendable {
    private let core: GatewayCore

    init(_ core: GatewayCore) { self.core = core }

    /// Sends a message; the answer comes with the reply, or for a cast once the broker has it.
    func send(_ route: PlainRoute, _ exchange: Exchange) throws(Problem) {
        let snapshot = core.snapshot
        let asked = try PlainCall(exchange.request.head, route: route, snapshot.configuration)
        let call = try exchange.caller?.permit(asked, core, exchange.identity) ?? asked
        guard let driver = core.driver as? any PlainRPCDriver else { throw .unsupported("has no plain AMQP") }
        let request = call.request(exchange.request.body, exchange.identity, snapshot.configuration)
        try core.enter(limit: snapshot.configuration.maximumInFlight)
        let responses = PlainResponses(call: call, identity: exchange.identity, snapshot: snapshot)
        let (sink, caller) = (exchange.sink, exchange.caller)
        if call.isCast {
            driver.send(request) { [core] in
                caller?.end()
                core.finish(responses, $0.map { responses.accepted }, sink)
            }
        } else {
            sink.cancelsWhenClientGoes(
                driver.request(request) { [core] in
                    caller?.end()
                    core.finish(responses, $0.map(responses.response), sink)
                }
            )
        }
    }
}
