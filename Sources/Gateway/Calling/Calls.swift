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
        let bytes = exchange.request.body.count
        try begin(caller.permit(call, bodyBytes: bytes, core, exchange.identity), exchange)
    }

    /// The answer comes when the call or cast has ended.
    private func begin(_ call: CallRequest, _ exchange: Exchange) throws(Problem) {
        let gathering = call.route.verb == .gather ? try core.gatheringDriver : nil
        let request = call.request(try Self.arguments(exchange.request.body), exchange.identity)
        try core.enter(call.plan)
        let sent = CallUnderWay(core, CallResponses(call, exchange.identity), exchange.sink, exchange.caller)
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
final class CallUnderWay: RequestAttachment {
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

    /// When its request had arrived.
    var started: Moment { responses.identity.started }

    /// What those who run the gateway are shown of it: JSON without its arguments.
    func account(_ now: Moment) -> String {
        let (route, target) = (responses.plan.route, responses.plan.target)
        let server = route.isFanout ? "*" : route.server ?? "-"
        var members = [
            "\"request_id\":\(responses.identity.quoted.string)",
            "\"age\":\(DecimalText.seconds(started.duration(to: now)))",
            "\"timeout\":\(DecimalText.shortSeconds(responses.timeout))", "\"mode\":\"\(route.mode.rawValue)\"",
            "\"topic\":\(JSONText(string: route.topic).string)", "\"server\":\(JSONText(string: server).string)",
            "\"method\":\(JSONText(string: route.method).string)",
        ]
        if let exchange = target.exchange { members.append("\"exchange\":\(JSONText(string: exchange).string)") }
        if let caller, caller.access.asks {
            members.append("\"principal\":\(JSONText(string: caller.principal.name.text).string)")
            members.append("\"address\":\(JSONText(string: caller.address).string)")
        }
        return "{\(members.joined(separator: ","))}"
    }

    /// The call has ended.
    func end(_ result: Result<RPCReply, MessagingError>) {
        let elapsed = responses.identity.elapsed
        responses.plan.places.end(result, took: elapsed, of: responses.timeout)
        caller?.end()
        switch result {
        case .success(let reply):
            core.finish(responses, responses.response(reply, elapsed: elapsed), elapsed: elapsed, sink)
        case .failure(let error): core.finish(responses, .failure(error), sink)
        }
    }

    /// The cast has ended.
    func end(_ result: Result<CastReceipt, MessagingError>) {
        responses.plan.places.end()
        caller?.end()
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
        caller?.end()
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
