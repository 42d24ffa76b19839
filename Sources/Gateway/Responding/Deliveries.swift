// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Threads

/// What a request wishes of its answer: to be the same again under a key, or to come later.
struct DeliveryWish: Sendable {
    let key: IdempotencyKey?
    /// Whether the answer may come later (`Prefer: respond-async`).
    let isLater: Bool

    /// Reads the fields; nil for a request that is answered when it has ended, as nearly all are.
    ///
    /// - Throws: `invalid-request` for a malformed key.
    init?(_ fields: RequestFields, _ caller: Caller? = nil) throws(Problem) {
        isLater = Prefer.isLater(fields)
        key = try IdempotencyKey(fields, of: caller)
        if key == nil, !isLater { return nil }
    }
}

/// Answers that come later, or as they were given before.
final class Deliveries: Sendable {
    /// Sends what a request asks for; throws what is wrong with it, and then nothing was sent.
    typealias Send = (Exchange) throws(Problem) -> Void

    private let core: GatewayCore
    private let operations: Operations
    private let answers = Guarded(IdempotencyStore())

    init(_ core: GatewayCore, _ operations: Operations) {
        self.core = core
        self.operations = operations
    }

    /// How many idempotency keys are known.
    var keyCount: Int { answers.withLock { $0.count } }

    /// Executes a request, and answers it in the way that it wishes.
    ///
    /// - Throws: what is wrong with the request; then nothing was sent.
    func deliver(_ exchange: Exchange, _ wish: DeliveryWish, _ send: Send) throws(Problem) {
        let holder = Holder(exchange)
        let exchange = exchange.recording()
        guard let key = wish.key else { return try deliverLater(exchange, nil, holder, send) }
        let limits = core.configuration.idempotencyLimits
        let fingerprint = RequestFingerprint(exchange.request, isLater: wish.isLater)
        let now = Moment.now
        switch answers.withLock({ $0.begin(key, fingerprint, of: holder, now: now, limits) }) {
        case .execute: try deliverOnce(exchange, key, isLater: wish.isLater, holder, send)
        case .replay(let answer):
            // Rights may have been taken back since the answer was given.
            try exchange.caller?.judge(answer.record, core, exchange.identity)
            exchange.sink.respond(answer.response(adding: ("Idempotency-Replayed", "true")))
        case .answerGone(let executed): throw .gone(.underKey, executed)
        case .running: throw .keyInUse
        case .differs: throw .keyReused
        case .full(let held, let moment):
            throw .overloaded(.idempotencyKeys(held: held, of: limits.maximumCount), until: moment, now: now)
        }
    }

    private func deliverOnce(
        _ exchange: Exchange,
        _ key: IdempotencyKey,
        isLater: Bool,
        _ holder: Holder,
        _ send: Send
    ) throws(Problem) {
        do throws(Problem) {
            if isLater {
                try deliverLater(exchange, key, holder, send)
            } else {
                try send(exchange.answering(to: keeping(key, exchange)))
            }
        } catch {
            answers.withLock { $0.release(key) }
            throw error
        }
    }

    /// A sink that keeps the answer under a key on its way to the client.
    private func keeping(_ key: IdempotencyKey, _ exchange: Exchange) -> ResponseSink {
        let (sink, record) = (exchange.sink, exchange.caller?.record)
        return .keeper(
            ResponseKeeper { [self] response, executed in
                end(key, StoredResponse(response, record), executed)
                sink.respond(response, executed: executed)
            }
        )
    }

    private func deliverLater(
        _ exchange: Exchange,
        _ key: IdempotencyKey?,
        _ holder: Holder,
        _ send: Send
    ) throws(Problem) {
        let id = try operations.begin(holder, exchange.caller, core.configuration.operationLimits)
        let begun = OperationResponses.begun(id.id, exchange.identity)
        // Before the request runs, since it may end at once.
        let record = exchange.caller?.record
        if let key { answers.withLock { $0.answerMeanwhile(key, StoredResponse(begun, record)) } }
        let keeper = ResponseKeeper { [self] response, executed in
            if let key { end(key, nil, executed) }
            operations.finish(id, response, executed: executed, core.configuration.operationLimits)
        }
        do throws(Problem) {
            try send(exchange.answering(to: .keeper(keeper)))
        } catch {
            operations.abandon(id)
            throw error
        }
        exchange.sink.respond(begun)
    }

    /// A request has ended: one that was not executed may be sent again; otherwise the answer is kept.
    private func end(_ key: IdempotencyKey, _ answer: StoredResponse?, _ executed: MessagingError.Execution) {
        let limits = core.configuration.idempotencyLimits
        answers.withLock { answers in
            guard executed != .no else { return answers.release(key) }
            answers.finish(key, answer, executed: executed, now: .now, limits)
        }
    }
}

extension GatewayConfiguration {
    /// The bounds on the answers that are kept under keys.
    fileprivate var idempotencyLimits: IdempotencyStore.Limits {
        IdempotencyStore.Limits(
            timeToLive: idempotencyTimeToLive,
            maximumCount: maximumIdempotencyKeys,
            maximumBytes: maximumIdempotencyBytes
        )
    }
}

extension Problem {
    /// The first request of the key has no answer yet.
    static let keyInUse: Problem = {
        var problem = Problem(.keyInUse, "The first request with this key has no answer yet")
        problem.execution = .maybe
        problem.fields = [("Retry-After", "1")]
        return problem
    }()

    /// The key has come with another request before.
    static let keyReused = Problem(
        .keyReused,
        "This key was used for another request before: its method, path, query or body, or a field that changes its meaning, was different"
    )
}
