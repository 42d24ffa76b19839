// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

extension Problem {
    /// The first request of the key has no answer yet.
    static let keyInUse: Problem = {
        var problem = Problem(409, "idempotency-key-in-use", "The first request with this key has no answer yet")
        problem.execution = .maybe
        problem.fields = [("Retry-After", "1")]
        return problem
    }()

    /// The key came with another request before.
    static let keyReused = Problem(
        422,
        "idempotency-key-reused",
        "This key came with another request before: method, path, query, body, or a field that changes the meaning differ"
    )

    /// The request was answered and is not executed again, but the answer is no longer kept.
    static let answerLost: Problem = {
        var problem = Problem(
            410,
            "answer-gone",
            "The request with this key was answered before, and its answer is no longer kept (idempotency.maxBytes)"
        )
        problem.execution = .maybe
        return problem
    }()

    static func tooManyKeys(limit: Int) -> Problem {
        var problem = Problem(
            503,
            "overloaded",
            "\(limit) requests with an Idempotency-Key are under way, which is the limit (idempotency.max)"
        )
        problem.isRetryable = true
        return problem
    }
}
