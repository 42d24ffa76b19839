// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a server sends back.
public enum OutgoingReply: Sendable {
    /// The method's result, which ends the call.
    case result(JSONText)
    /// The exception that the method raised, which ends the call.
    case failure(RemoteError)
    /// The method still runs; for callers with a call monitor.
    case heartbeat
}
