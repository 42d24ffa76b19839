// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// A request on its way through the gateway: what its path asks for, what was sent, what it is called, and where its
/// answer goes.
struct Exchange: Sendable {
    let route: Route
    let request: HTTPRequest
    let identity: RequestIdentity
    let sink: ResponseSink

    /// The same request with its answer going elsewhere.
    func answering(to sink: ResponseSink) -> Exchange {
        Exchange(route: route, request: request, identity: identity, sink: sink)
    }
}
