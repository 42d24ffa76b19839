// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How the gateway ends.
struct ShutdownSettings: Sendable, Equatable {
    /// How long calls in flight may take to finish.
    var grace = Duration.seconds(30)
}
