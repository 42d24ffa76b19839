// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Threads

/// The calls whose clients wait, the oldest first: whom they are for and from, and since when; never their arguments.
struct InFlightPage: Sendable {
    /// The most that are shown.
    static let most = 1_000
    /// How long loops are waited for; one that is stuck in a handler is left out.
    private static let patience = Duration.seconds(2)
    private let core: GatewayCore
    private let loop: EventLoop

    /// - Parameter loop: what keeps the time where a request came by no loop.
    init(_ core: GatewayCore, loop: EventLoop) {
        self.core = core
        self.loop = loop
    }

    /// Answers when all loops have, or when they were waited for long enough.
    func answer(_ exchange: Exchange) throws(Problem) {
        _ = try QueryParameters(exchange.request.head.query, known: [])
        let survey = Survey { [core] accounts, isComplete in
            exchange.sink.respond(
                HTTPResponse(
                    status: 200,
                    fields: [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
                        + exchange.identity.fields,
                    body: Array(Self.document(accounts, core.inFlight, isComplete, .now).utf8)[...]
                )
            )
        }
        let timer = DeadlineTimer(loop: EventLoop.current ?? loop) { _ in
            survey.end()
            return nil
        }
        timer.arm(.now.advanced(by: Self.patience))
        let loops = core.administration.underWay { found in survey.take(found.compactMap { $0 as? CallUnderWay }) }
        survey.expect(loops)
    }

    /// What is shown of so many calls.
    ///
    /// - Parameter count: all requests under way that send something, answered later or not.
    static func document(_ calls: [CallUnderWay], _ count: Int, _ isComplete: Bool, _ now: Moment) -> String {
        let oldest = calls.sorted { $0.started < $1.started }.prefix(most)
        let isAll = isComplete && oldest.count == calls.count
        let entries = oldest.map { $0.account(now) }.joined(separator: ",")
        return "{\"in_flight\":\(count),\"complete\":\(isAll),\"calls\":[\(entries)]}"
    }
}

/// What loops have to say, gathered on whatever thread each says it.
final class Survey: Sendable {
    private struct State {
        var calls: [CallUnderWay] = []
        var answers = 0
        var expected: Int?
        var isOver = false
    }

    private let state = Guarded(State())
    private let done: @Sendable ([CallUnderWay], _ isComplete: Bool) -> Void

    /// - Parameter done: called once, on any thread.
    init(_ done: @escaping @Sendable ([CallUnderWay], _ isComplete: Bool) -> Void) { self.done = done }

    /// What one loop has.
    func take(_ calls: [CallUnderWay]) {
        state.withLock {
            $0.calls += calls
            $0.answers += 1
        }
        finish(atOnce: false)
    }

    /// How many answer.
    func expect(_ count: Int) {
        state.withLock { $0.expected = count }
        finish(atOnce: false)
    }

    /// Nobody is waited for any longer.
    func end() { finish(atOnce: true) }

    private func finish(atOnce: Bool) {
        let found: (calls: [CallUnderWay], isComplete: Bool)? = state.withLock { state in
            let isComplete = state.answers == state.expected
            guard !state.isOver, atOnce || isComplete else { return nil }
            state.isOver = true
            return (exchange(&state.calls, with: []), isComplete)
        }
        if let found { done(found.calls, found.isComplete) }
    }
}
