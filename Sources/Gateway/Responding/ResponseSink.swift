// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

/// Where the answer to a request goes: straight to the client, or to what keeps it first.
///
/// One word, so that an ordinary call carries its responder and nothing else.
enum ResponseSink: Sendable {
    case client(Responder)
    case keeper(ResponseKeeper)

    /// Gives the answer, once.
    ///
    /// - Parameter executed: what the answer says about the execution; a request that was never executed may be sent
    ///   again.
    func respond(_ response: consuming HTTPResponse, executed: MessagingError.Execution = .yes) {
        switch self {
        case .client(let responder): responder.respond(response)
        case .keeper(let keeper): keeper.receive(response, executed)
        }
    }
}

extension ResponseSink {
    /// Whether something keeps the answer first, so that the request goes on without its client.
    var isKept: Bool { if case .keeper = self { true } else { false } }

    /// Shows those who run the gateway what the request is doing while its client waits, and has the call given up when that
    /// leaves; one whose answer is kept goes on. Within `handle` only.
    func attach(_ attachment: any RequestAttachment, cancelledBy call: UniqueID?) {
        guard case .client(let responder) = self else { return }
        responder.attach(attachment, whenClientGoes: call.map { .told($0.high, $0.low) } ?? .nothing)
    }

    /// Adds fields to the answer that the client gets, whatever it is; on the thread of the request's loop, before the answer.
    func add(_ fields: ResponseFields) {
        if case .client(let responder) = self { responder.add(fields) }
    }

    /// Has something done when the client leaves before the answer; within `handle` only.
    func whenClientGoes(_ action: @escaping @Sendable () -> Void) {
        if case .client(let responder) = self { responder.whenClientGoes(.action(action)) }
    }

    /// Gives the head of an answer whose body is written later; nil for a keeper, which gets the head alone.
    func respond(
        streaming head: HTTPResponse,
        bufferLimit: Int,
        onEnd: @escaping @Sendable (ResponseStream.End) -> Void
    ) -> ResponseStream? {
        switch self {
        case .client(let responder):
            return responder.respond(streaming: head, bufferLimit: bufferLimit, onEnd: onEnd)
        case .keeper(let keeper):
            keeper.receive(head, .yes)
            return nil
        }
    }
}

/// Something that takes an answer before the client gets it.
final class ResponseKeeper: Sendable {
    /// Called once, on whatever thread the answer comes from.
    let receive: @Sendable (_ response: HTTPResponse, _ executed: MessagingError.Execution) -> Void

    init(_ receive: @escaping @Sendable (_ response: HTTPResponse, _ executed: MessagingError.Execution) -> Void) {
        self.receive = receive
    }
}
