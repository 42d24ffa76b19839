// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

/// A call or cast on its way: all that its end needs behind one reference, however many threads it passes.
final class CallUnderWay: Sendable {
    private let gateway: HTTPGateway
    private let answer: CallAnswer
    private let sink: AnswerSink

    init(_ gateway: HTTPGateway, _ answer: CallAnswer, _ sink: AnswerSink) {
        self.gateway = gateway
        self.answer = answer
        self.sink = sink
    }

    /// The call has ended.
    func end(_ result: Result<RPCReply, MessagingError>) {
        switch result {
        case .success(let reply):
            let elapsed = answer.identity.elapsed
            gateway.finish(answer, answer.response(reply, elapsed: elapsed), elapsed: elapsed, sink)
        case .failure(let error): gateway.finish(answer, .failure(error), sink)
        }
    }

    /// The cast has ended.
    func end(_ result: Result<CastReceipt, MessagingError>) {
        switch result {
        case .success(let receipt):
            let elapsed = answer.identity.elapsed
            gateway.finish(answer, answer.response(receipt, elapsed: elapsed), elapsed: elapsed, sink)
        case .failure(let error): gateway.finish(answer, .failure(error), sink)
        }
    }

    /// The gathering has ended.
    func end(_ result: Result<GatheredReplies, MessagingError>, _ form: GatherForm) {
        gateway.finish(answer, result.map { answer.response($0, form) }, sink)
    }
}
