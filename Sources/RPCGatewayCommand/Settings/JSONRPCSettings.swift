// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// JSON-RPC.
struct JSONRPCSettings: Sendable, Equatable {
    /// The most entries of a batch.
    var maximumBatch = 1000
    /// Entries of one batch that run at a time.
    var parallelism = 16
}
