// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// A client that waits for the end of an operation.
struct OperationWaiter: Sendable {
    let identity: RequestIdentity
    let sink: ResponseSink
}
