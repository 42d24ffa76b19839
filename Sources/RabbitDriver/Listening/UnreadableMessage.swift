// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Why a message is rejected unread.
struct UnreadableMessage: Error, Sendable {
    /// For the log; holds nothing of the body.
    var reason: String
}
