// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// A request on its way through the gateway: what was sent, what it is called, and where its answer goes.
///
/// What its path asks for is passed beside it, as each part of the gateway needs only its own piece of that.
struct Exchange: Sendable {
    let request: HTTPRequest
    let identity: RequestIdentity
    let sink: ResponseSink
    /// Who it is from; nil where nobody asks, and for what everybody may see.
    var caller: Caller?

    /// What is shown of it while it is under way.
    ///
    /// - Parameter timeout: The time that it has.
    func terms(timeout: Duration) -> UnderWayTerms {
        UnderWayTerms(identity: identity, timeout: timeout, caller: caller, isKept: sink.isKept)
    }

    /// The same request with another form of its body.
    func with(body: [UInt8]) -> Exchange {
        Exchange(request: HTTPRequest(head: request.head, body: body), identity: identity, sink: sink, caller: caller)
    }

    /// The same request with a record of what it is allowed, where anybody asks.
    func recording() -> Exchange {
        Exchange(request: request, identity: identity, sink: sink, caller: caller?.recording())
    }

    /// The same request with its answer going elsewhere.
    func answering(to sink: ResponseSink) -> Exchange {
        Exchange(request: request, identity: identity, sink: sink, caller: caller)
    }
}
