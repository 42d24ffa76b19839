// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
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
        let shown = ShownRequest(exchange.terms(timeout: call.timeout)) { call.account }
        core.detached.insert(shown, keptBy: sink)
        let end: @Sendable (Result<HTTPResponse, MessagingError>) -> Void = { [core] result in
            caller?.end()
            core.detached.remove(shown, keptBy: sink)
            core.finish(responses, result, sink)
        }
        var id: UniqueID?
        if call.isCast {
            driver.send(request) { end($0.map { responses.accepted }) }
        } else {
            id = driver.request(request) { end($0.map(responses.response)) }
        }
        sink.attach(shown, cancelledBy: id)
    }
}

extension PlainCall {
    /// What is shown of it while it is under way.
    fileprivate var account: [(name: String, value: String)] {
        [
            ("mode", "\"\(AccessMode.plainAMQP.rawValue)\""), ("exchange", JSONText(string: exchange).string),
            ("routing_key", JSONText(string: routingKey).string),
        ]
    }
}
