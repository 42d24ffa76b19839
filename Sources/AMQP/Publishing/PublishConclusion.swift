// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// An outcome and the request it belongs to, ready to be told.
struct PublishConclusion {
    let request: PublishRequest
    let outcome: PublishOutcome

    init(_ request: PublishRequest, _ outcome: PublishOutcome) {
        self.request = request
        self.outcome = outcome
    }
}
