// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Threads

/// What a request wants of its answer besides having it: the same again under a key, or later.
struct DeliveryWish: Sendable {
    let key: IdempotencyKey?
    /// Whether the answer may come later (`Prefer: respond-async`).
    let isLater: Bool

    /// Reads the fields; nil for a request that is answered when it has ended, as nearly all are.
    ///
    /// - Throws: `invalid-request` for a malformed key.
    init?(_ fields: RequestFields) throws(Problem) {
        isLater = Prefer.isLater(fields)
        key = try IdempotencyKey(fields)
        if key == nil, !isLater { return nil }
    }
}

/// Answers that come later, or as they were given before.
final class Deliveries: Sendable {
    /// Sends what a request asks for; throws what is wrong with it, and nothing was sent then.
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

    /// Executes a request, and answers it as it wishes.
    ///
    /// - Throws: what is wrong with the request; nothing was sent then.
    func deliver(_ exchange: Exchange, _ wish: DeliveryWish, _ send: Send) throws(Problem) {
        guard let key = wish.key else { return try deliverLater(exchange, nil, send) }
        let limits = core.configuration.idempotencyLimits
        let fingerprint = RequestFingerprint(exchange.request, isLater: wish.isLater)
        switch answers.withLock({ $0.begin(key, fingerprint, now: .now, limits) }) {
        case .execute: try deliverOnce(exchange, key, isLater: wish.isLater, send)
        case .replay(let answer): exchange.sink.respond(answer.response(adding: ("Idempotency-Replayed", "true")))
        case .answerLost: throw .answerLost
        case .running: throw .keyInUse
        case .differs: throw .keyReused
        case .full: throw .overloaded(.idempotencyKeys(limits.maximumCount))
        }
    }

    private func deliverOnce(
        _ exchange: Exchange,
        _ key: IdempotencyKey,
        isLater: Bool,
        _ send: Send
    ) throws(Problem) {
        do throws(Problem) {
            if isLater {
                try deliverLater(exchange, key, send)
            } else {
                try send(exchange.answering(to: keeping(key, exchange.sink)))
            }
        } catch {
            release(key)
            throw error
        }
    }

    /// A sink that keeps the answer under a key on its way to the client.
    private func keeping(_ key: IdempotencyKey, _ sink: ResponseSink) -> ResponseSink {
        .keeper(
            ResponseKeeper { [self] response, mayRepeat in
                if mayRepeat { release(key) } else { keep(response, key) }
                sink.respond(response, mayRepeat: mayRepeat)
            }
        )
    }

    private func deliverLater(_ exchange: Exchange, _ key: IdempotencyKey?, _ send: Send) throws(Problem) {
        let limits = core.configuration.operationLimits
        guard let id = operations.begin(limits) else {
            throw .overloaded(.operations(limits.maximumCount))
        }
        let begun = OperationResponses.begun(id, exchange.identity)
        // Before the request runs, so that its end can release the key again.
        if let key { keep(begun, key) }
        let keeper = ResponseKeeper { [self] response, mayRepeat in
            if mayRepeat, let key { release(key) }
            operations.finish(id, response, core.configuration.operationLimits)
        }
        do throws(Problem) {
            try send(exchange.answering(to: .keeper(keeper)))
        } catch {
            operations.abandon(id)
            throw error
        }
        exchange.sink.respond(begun)
    }

    private func keep(_ response: HTTPResponse, _ key: IdempotencyKey) {
        let answer = StoredResponse(response)
        let limits = core.configuration.idempotencyLimits
        answers.withLock { $0.finish(key, answer, now: .now, limits) }
    }

    private func release(_ key: IdempotencyKey) { answers.withLock { $0.release(key) } }
}

extension GatewayConfiguration {
    /// The bounds of what is kept of answers under keys.
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

    /// The key came with another request before.
    static let keyReused = Problem(
        .keyReused,
        "This key came with another request before: method, path, query, body, or a field that changes the meaning differ"
    )

    /// The request was answered and is not executed again, but the answer is no longer kept.
    static let answerLost: Problem = {
        var problem = Problem(
            .answerGone,
            "The request with this key was answered before, and its answer is no longer kept (idempotency.maxBytes)"
        )
        problem.execution = .maybe
        return problem
    }()
}
