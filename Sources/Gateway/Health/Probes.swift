// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Names
internal import Threads

/// Says whether the process works, whether calls can be served, and whether somebody serves a topic.
final class Probes: Sendable {
    let core: GatewayCore
    private let loopsTurn: @Sendable () -> Bool
    private let pings = Guarded(SharedAnswers<Name, Result<RPCReply, MessagingError>>())

    /// - Parameter loopsTurn: whether the loops of the HTTP server turn.
    init(_ core: GatewayCore, loopsTurn: @escaping @Sendable () -> Bool) {
        self.core = core
        self.loopsTurn = loopsTurn
    }

    /// The process and its loops turn; whether a broker is there does not matter.
    func healthy(_ exchange: Exchange) throws(Problem) {
        let form = try HealthForm(exchange.request.head)
        guard loopsTurn() else {
            throw Problem(.unhealthy, "A loop of the HTTP server does not turn")
        }
        exchange.sink.respond(form.good("healthy", members: [], exchange.identity))
    }

    /// Calls can be served: connected, not blocked, not draining, and our own messages come back.
    func ready(_ exchange: Exchange) throws(Problem) {
        let form = try HealthForm(exchange.request.head)
        let reasons = unreadyReasons
        guard reasons.isEmpty else {
            throw Problem(.notReady, reasons.joined(separator: "; "))
        }
        exchange.sink.respond(form.good("ready", members: [], exchange.identity))
    }

    /// Whether replies can be received: connected, and a message of our own has come back lately.
    var receivesReplies: Bool {
        let status = core.driver.status
        return status.isConnected && isHeard(status)
    }

    /// Whether the driver sees nothing wrong and yet no message of our own comes back; the same for probe, metric and
    /// log.
    var isSilent: Bool {
        let status = core.driver.status
        return status.isConnected && status.blockedReason == nil && !isHeard(status)
    }

    private func isHeard(_ status: DriverStatus) -> Bool {
        guard let age = status.lastLoopback?.duration(to: .now) else { return false }
        return age <= core.configuration.readyWithin
    }

    private var unreadyReasons: [String] {
        let status = core.driver.status
        var reasons: [String] = []
        if core.isDraining { reasons.append("the gateway is shutting down") }
        if !status.isConnected {
            reasons.append("replies cannot be received: \(status.problem ?? "the broker is not connected")")
        }
        if let reason = status.blockedReason { reasons.append("the broker blocks publishers: \(reason)") }
        if status.isConnected, !isHeard(status) {
            reasons.append("no message of our own has come back through the reply queue lately")
        }
        return reasons
    }

    /// The queue of a topic or server: a passive look, or a ping with `?deep=1`.
    func health(_ target: Target, _ exchange: Exchange) throws(Problem) {
        let form = try HealthForm(exchange.request.head, known: ["deep", "exchange"])
        let (identity, sink) = (exchange.identity, exchange.sink)
        var target = target
        target.exchange = form.exchange
        try CallRequest.checkExchange(form.exchange)
        do {
            try target.validateForSending(isCall: true)
        } catch {
            throw Problem(error, method: "", configuration: core.configuration)
        }
        try exchange.caller?.permit(healthOf: target, core, identity)
        if form.isDeep { ping(target, form, identity, sink) } else { look(target, form, identity, sink) }
    }

    private func look(_ target: Target, _ form: HealthForm, _ identity: RequestIdentity, _ sink: ResponseSink) {
        core.driver.inspect(target, deadline: .now.advanced(by: core.configuration.probeTimeout)) { [self] result in
            switch result {
            case .success(let status?) where status.consumerCount > 0:
                sink.respond(form.good("alive", members: Self.members(status), identity))
            case .success(let status?):
                let detail = "The queue \"\(target.queueName)\" has no consumers, \(status.messageCount) messages wait"
                sink.respond(Problem(.noConsumers, detail).response(identity))
            case .success(nil):
                sink.respond(Problem.notFound("There is no queue \"\(target.queueName)\"").response(identity))
            case .failure(let error): sink.respond(unreachable(error).response(identity))
            }
        }
    }

    private static func members(_ status: QueueStatus) -> [(String, String)] {
        [("consumers", "\(status.consumerCount)"), ("messages", "\(status.messageCount)")]
    }

    /// Any reply shows a living server, even a failure; pings are shared for a second.
    private func ping(_ target: Target, _ form: HealthForm, _ identity: RequestIdentity, _ sink: ResponseSink) {
        let key = Name("\(target.exchange ?? "")\u{0}\(target.queueName)")
        let answer: @Sendable (Result<RPCReply, MessagingError>) -> Void = { [self] result in
            switch result {
            case .success: sink.respond(form.good("alive", members: [("ping", "\"pong\"")], identity))
            case .failure(let error) where error.remote != nil:
                sink.respond(form.good("alive", members: [("ping", "\"refused\"")], identity))
            case .failure(let error): sink.respond(unreachable(error).response(identity))
            }
        }
        switch pings.withLock({ $0.ask(key, now: .now, answer) }) {
        case .known(let result, let refresh):
            if refresh { sendPing(target, key) }
            answer(result)
        case .pending(let begins): if begins { sendPing(target, key) }
        }
    }

    private func sendPing(_ target: Target, _ key: Name) {
        let timeout = core.configuration.probeTimeout
        let request = RPCRequest(target: target, method: "oslo_rpc_server_ping", timeout: timeout, retry: 0)
        core.driver.call(request) { [self] result in
            let waiting = pings.withLock { $0.found(key, result, keeps: true, now: .now) }
            for completion in waiting { completion(result) }
        }
    }

    /// A probe says 503 whenever it cannot say yes, so that checks need to know only one status.
    private func unreachable(_ error: MessagingError) -> Problem {
        var problem = Problem(error, method: "", configuration: core.configuration)
        problem.status = 503
        return problem
    }
}
