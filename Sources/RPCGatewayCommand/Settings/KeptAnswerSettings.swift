// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Answers that are kept: of operations (`Prefer: respond-async`) and under idempotency keys.
struct KeptAnswerSettings: Sendable, Equatable {
    var timeToLive: Duration
    /// How many at a time.
    var maximum = 10_000
    /// The bytes of all of them.
    var maximumBytes = 64 << 20
}
