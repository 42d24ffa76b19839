// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Messaging
internal import Names
internal import Threads

/// Calls, casts and gatherings: a path with arguments as JSON.
struct Calls: Sendable {
    private let core: GatewayCore

    init(_ core: GatewayCore) { self.core = core }

    /// Sends what a path without a plan asks for, and keeps its plan for the next request.
    func send(_ route: RPCRoute, _ exchange: Exchange) throws(Problem) {
        let call = try CallRequest(exchange.request.head, route: route, exchange.identity, core.snapshot)
        core.keep(call.plan, exchange.request.head)
        try send(call, exchange)
    }

    /// Sends what a known path asks for.
    ///
    /// A function by itself, so that reading the head is compiled into it and the head is not copied.
    @inline(never)
    func send(_ plan: CallPlan, _ exchange: Exchange) throws(Problem) {
        try send(CallRequest(exchange.request.head, plan: plan, exchange.identity), exchange)
    }

    /// Sends it if the caller may.
    private func send(_ call: CallRequest, _ exchange: Exchange) throws(Problem) {
        guard let caller = exchange.caller else { return try begin(call, exchange) }
        var call = call
        try caller.permit(&call, bodyBytes: exchange.request.body.count, core, exchange.identity)
        try begin(call, exchange)
    }

    /// The answer comes when the call or cast has ended.
    private func begin(_ call: CallRequest, _ exchange: Exchange) throws(Problem) {
        let gathering = call.route.verb == .gather ? try core.gatheringDriver : nil
        let request = call.request(try Self.arguments(exchange.request.body), exchange.identity)
        try core.enter(call.plan)
        let sent = CallUnderWay(core, CallResponses(call, exchange.identity), exchange.sink, exchange.caller)
        sent.begin()
        let id: UniqueID?
        switch call.route.verb {
        case .call: id = core.driver.call(request) { sent.end($0) }
        case .cast:
            core.driver.cast(request) { sent.end($0) }
            id = nil
        case .gather:
            let form = GatherForm(exchange.request.head.fields)
            id = gathering?.gather(request, minimum: call.plan.minimum) { sent.end($0, form) }
        }
        exchange.sink.attach(sent, cancelledBy: id)
    }

    private static func arguments(_ body: [UInt8]) throws(Problem) -> JSONText {
        do {
            return try JSONObject.arguments(body)
        } catch {
            throw .invalidArguments(error)
        }
    }
}

/// A call or cast on its way: all that its end needs, behind one reference, however many threads it passes.
final class CallUnderWay: UnderWay {
    private let core: GatewayCore
    private let responses: CallResponses
    private let sink: ResponseSink
    private let caller: Caller?

    init(_ core: GatewayCore, _ responses: CallResponses, _ sink: ResponseSink, _ caller: Caller?) {
        self.caller = caller
        self.core = core
        self.responses = responses
        self.sink = sink
    }

    var started: Moment { responses.identity.started }

    func account(_ now: Moment) -> String {
        let terms = UnderWayTerms(
            identity: responses.identity,
            timeout: responses.timeout,
            caller: caller,
            isKept: sink.isKept
        )
        return terms.account(responses.plan.route.account(responses.plan.target), now)
    }

    /// Before it is sent: where no connection will hold it, it is shown from here on.
    func begin() { core.detached.insert(self, keptBy: sink) }

    private func leave() {
        caller?.end()
        core.detached.remove(self, keptBy: sink)
    }

    /// The call has ended.
    func end(_ result: Result<RPCReply, MessagingError>) {
        let elapsed = responses.identity.elapsed
        responses.plan.places.end(result, took: elapsed, of: responses.timeout)
        leave()
        switch result {
        case .success(let reply):
            core.finish(responses, responses.response(reply, elapsed: elapsed), elapsed: elapsed, sink)
        case .failure(let error): core.finish(responses, .failure(error), sink)
        }
    }

    /// The cast has ended.
    func end(_ result: Result<CastReceipt, MessagingError>) {
        responses.plan.places.end()
        leave()
        switch result {
        case .success(let receipt):
            let elapsed = responses.identity.elapsed
            core.finish(responses, responses.response(receipt, elapsed: elapsed), elapsed: elapsed, sink)
        case .failure(let error): core.finish(responses, .failure(error), sink)
        }
    }

    /// The gathering has ended.
    func end(_ result: Result<GatheredReplies, MessagingError>, _ form: GatherForm) {
        responses.plan.places.end()
        leave()
        core.finish(responses, result.map { responses.response($0, form) }, sink)
    }
}

extension GatewayCore {
    /// The driver as one that gathers.
    ///
    /// - Throws: 501 where the transport cannot.
    var gatheringDriver: any GatheringDriver {
        get throws(Problem) {
            guard let gathering = driver as? any GatheringDriver else { throw .unsupported("cannot gather replies") }
            return gathering
        }
    }
}
