// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Threads

/// What requests are doing, the oldest first: whom it is for and from, and since when; never its arguments.
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
        let survey = Survey { [core] found, isComplete in
            let requests = found.compactMap { $0 as? any UnderWay }
            exchange.sink.respond(
                HTTPResponse(
                    status: 200,
                    fields: [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
                        + exchange.identity.fields,
                    body: Array(Self.document(requests, core.inFlight, isComplete, .now).utf8)[...]
                )
            )
        }
        let timer = DeadlineTimer(loop: EventLoop.current ?? loop) { _ in
            survey.end()
            return nil
        }
        timer.arm(.now.advanced(by: Self.patience))
        let loops = core.administration.underWay { found in survey.take(found) }
        survey.take(core.detached.all)
        survey.expect(loops + 1)
    }

    /// What is shown of so much.
    ///
    /// - Parameter count: all requests under way that send something, answered later or not.
    static func document(_ requests: [any UnderWay], _ count: Int, _ isComplete: Bool, _ now: Moment) -> String {
        let oldest = requests.sorted { $0.started < $1.started }.prefix(most)
        let isAll = isComplete && oldest.count == requests.count
        let entries = oldest.map { $0.account(now) }.joined(separator: ",")
        return "{\"in_flight\":\(count),\"complete\":\(isAll),\"calls\":[\(entries)]}"
    }
}

/// What loops have to say, gathered on whatever thread each says it.
final class Survey: Sendable {
    private struct State {
        var found: [any RequestAttachment] = []
        var answers = 0
        var expected: Int?
        var isOver = false
    }

    private let state = Guarded(State())
    private let done: @Sendable ([any RequestAttachment], _ isComplete: Bool) -> Void

    /// - Parameter done: called once, on any thread.
    init(_ done: @escaping @Sendable ([any RequestAttachment], _ isComplete: Bool) -> Void) { self.done = done }

    /// What one loop has, or what none has.
    func take(_ found: [any RequestAttachment]) {
        state.withLock {
            $0.found += found
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
        let end: (found: [any RequestAttachment], isComplete: Bool)? = state.withLock { state in
            let isComplete = state.answers == state.expected
            guard !state.isOver, atOnce || isComplete else { return nil }
            state.isOver = true
            return (exchange(&state.found, with: []), isComplete)
        }
        if let end { done(end.found, end.isComplete) }
    }
}
