// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Threads

extension HTTPGateway {
    /// Executes a request that sends something, and answers it at once, later, or as it was answered before.
    ///
    /// - Throws: what is wrong with the request; nothing was sent then.
    func deliver(
        _ route: SendingRoute,
        _ request: HTTPRequest,
        _ identity: RequestIdentity,
        _ sink: ResponseSink
    ) throws(Problem) {
        let isLater = Prefer.isLater(request.head.fields)
        if let key = try IdempotencyKey(request.head.fields) {
            try deliverOnce(key, route, request, identity, isLater: isLater, sink)
        } else if isLater {
            try deliverLater(route, request, identity, nil, sink)
        } else {
            try execute(route, request, identity, sink)
        }
    }

    private func deliverOnce(
        _ key: IdempotencyKey,
        _ route: SendingRoute,
        _ request: HTTPRequest,
        _ identity: RequestIdentity,
        isLater: Bool,
        _ sink: ResponseSink
    ) throws(Problem) {
        let fingerprint = RequestFingerprint(request, isLater: isLater)
        let limits = configuration.idempotencyLimits
        switch idempotency.withLock({ $0.begin(key, fingerprint, now: .now, limits) }) {
        case .execute: break
        case .replay(let answer):
            return sink.respond(answer.response(adding: ("Idempotency-Replayed", "true")))
        case .answerLost: throw .answerLost
        case .running: throw .keyInUse
        case .differs: throw .keyReused
        case .full:
            throw .overloaded(
                limits.maximumCount,
                "requests with an Idempotency-Key are under way",
                setting: "idempotency.max"
            )
        }
        do throws(Problem) {
            if isLater {
                try deliverLater(route, request, identity, key, sink)
            } else {
                try execute(route, request, identity, keeping(key, sink))
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

    private func deliverLater(
        _ route: SendingRoute,
        _ request: HTTPRequest,
        _ identity: RequestIdentity,
        _ key: IdempotencyKey?,
        _ sink: ResponseSink
    ) throws(Problem) {
        let limits = configuration.operationLimits
        guard let id = operations.begin(limits) else {
            throw .overloaded(limits.maximumCount, "operations are running", setting: "operations.max")
        }
        let begun = OperationResponses.begun(id, identity)
        // Before the request runs, so that its end can release the key again.
        if let key { keep(begun, key) }
        let keeper = ResponseKeeper { [self] response, mayRepeat in
            if mayRepeat, let key { release(key) }
            operations.finish(id, response, configuration.operationLimits)
        }
        do throws(Problem) {
            try execute(route, request, identity, .keeper(keeper))
        } catch {
            operations.abandon(id)
            throw error
        }
        sink.respond(begun)
    }

    private func keep(_ response: HTTPResponse, _ key: IdempotencyKey) {
        let answer = StoredResponse(response)
        let limits = configuration.idempotencyLimits
        idempotency.withLock { $0.finish(key, answer, now: .now, limits) }
    }

    private func release(_ key: IdempotencyKey) { idempotency.withLock { $0.release(key) } }
}

extension GatewayConfiguration {
    /// The bounds of what is kept of answers under keys.
    var idempotencyLimits: IdempotencyStore.Limits {
        IdempotencyStore.Limits(
            timeToLive: idempotencyTimeToLive,
            maximumCount: maximumIdempotencyKeys,
            maximumBytes: maximumIdempotencyBytes
        )
    }
}
