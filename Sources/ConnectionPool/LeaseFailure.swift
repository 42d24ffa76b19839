// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Why a request did not get a lease.
public enum LeaseFailure<ConnectError: Error>: Error {
    /// The deadline came first; with the latest failure to connect, if attempts are failing.
    case deadlineExceeded(latestFailure: ConnectError?)
    /// The attempts to connect failed more often than the request tolerates.
    case connectionFailed(ConnectError)
    /// As many requests wait as may.
    case queueFull
    /// Every established connection is blocked by its peer.
    case blocked
    /// The pool is shutting down.
    case shutDown
}

extension LeaseFailure: Equatable where ConnectError: Equatable {}
