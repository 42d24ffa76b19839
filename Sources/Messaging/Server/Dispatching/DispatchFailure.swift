// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Why a request has no result.
public struct DispatchFailure: Error, Sendable {
    /// What the caller gets.
    public var remote: RemoteError
    /// Whose doing it is.
    public var cause: Cause

    /// Where a failure comes from.
    public enum Cause: Sendable, Hashable {
        /// The caller's: no such method, another version, wrong arguments. The method has not run.
        case request
        /// An ordinary way for the method to end.
        case expected
        /// What the method did not mean to throw.
        case defect
    }

    init(_ remote: RemoteError, _ cause: Cause) {
        self.remote = remote
        self.cause = cause
    }
}
