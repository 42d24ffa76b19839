// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Why an entry failed, with what it was about.
struct JSONRPCFailure: Error, Sendable {
    var document: ProblemDocument
}
