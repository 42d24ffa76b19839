// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import RabbitDriver

/// The RPC client's settings.
struct RPCSettings: Sendable, Equatable {
    var responseTimeout = Duration.seconds(60)
    var maximumTimeout = Duration.seconds(600)
    var controlExchange = "openstack"
    /// Which way calls and casts take to their queue.
    var route = RequestRoute.exchange
    /// Whether calls have the broker's confirm.
    var confirmsCalls = true
    /// The highest version that may be called, if there is a limit.
    var versionCap: String?
    /// How often a failed delivery is tried again; -1 is for ever, within the call's deadline.
    var retry = 0
    var maximumInFlight = 10_000
    var maximumReplyBytes = 67_108_864
    var checksConsumers = true
    var propagatesTraceContext = true
    var acceptsContext = true
}
