// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

/// A call or cast on its way: all that its end needs behind one reference, however many threads it passes.
final class CallUnderWay: Sendable {
    private let gateway: HTTPGateway
    private let responses: CallResponses
    private let sink: ResponseSink

    init(_ gateway: HTTPGateway, _ responses: CallResponses, _ sink: ResponseSink) {
        self.gateway = gateway
        self.responses = responses
        self.sink = sink
    }

    /// The call has ended.
    func end(_ result: Result<RPCReply, MessagingError>) {
        switch result {
        case .success(let reply):
            let elapsed = responses.identity.elapsed
            gateway.finish(responses, responses.response(reply, elapsed: elapsed), elapsed: elapsed, sink)
        case .failure(let error): gateway.finish(responses, .failure(error), sink)
        }
    }

    /// The cast has ended.
    func end(_ result: Result<CastReceipt, MessagingError>) {
        switch result {
        case .success(let receipt):
            let elapsed = responses.identity.elapsed
            gateway.finish(responses, responses.response(receipt, elapsed: elapsed), elapsed: elapsed, sink)
        case .failure(let error): gateway.finish(responses, .failure(error), sink)
        }
    }

    /// The gathering has ended.
    func end(_ result: Result<GatheredReplies, MessagingError>, _ form: GatherForm) {
        gateway.finish(responses, result.map { responses.response($0, form) }, sink)
    }
}
