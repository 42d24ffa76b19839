// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A publish that was written and waits for the broker's word.
struct UnconfirmedPublish {
    let request: PublishRequest
    /// Where its frames lie in the outgoing stream.
    let position: Range<UInt64>
    /// Set when the broker returned it; the confirm that follows completes it.
    var returned: AMQPError.Reply?
    /// Whether its caller has been told `timedOut` already; only its place in the sequence is kept.
    var isAbandoned = false

    init(_ request: PublishRequest, position: Range<UInt64>) {
        self.request = request
        self.position = position
    }
}
