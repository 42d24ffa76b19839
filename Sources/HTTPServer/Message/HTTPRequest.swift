// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A request that has arrived as a whole.
public struct HTTPRequest: Sendable {
    /// What came before the body.
    public var head: RequestHead
    /// The body with any chunked coding taken off; empty when there was none.
    public var body: [UInt8]

    /// A request made by hand, for tests and for callers without a socket.
    public init(head: RequestHead, body: [UInt8] = []) {
        self.head = head
        self.body = body
    }
}
