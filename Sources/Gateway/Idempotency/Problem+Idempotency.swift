// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

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
