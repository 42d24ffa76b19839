//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Why a request has no result.
public struct DispatchFailure: Error, Sendable {
    /// What the caller gets.
    public var remote: RemoteError
    /// Whether it is an ordinary way for the method to end, and no defect of the server.
    public var isExpected: Bool

    init(_ remote: RemoteError, _ isExpected: Bool) {
        self.remote = remote
        self.isExpected = isExpected
    }
}
