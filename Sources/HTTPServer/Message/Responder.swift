// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What an application does about a client that does not wait for its answer any longer.
///
/// A client that closes its connection while its request waits is noticed within a second; an answer that comes later
/// is dropped.
public enum Departure: Sendable {
    /// Nothing: what was begun goes on.
    case nothing
    /// `HTTPRequestHandler.clientHasGone` is called with these words, by which the application knows the request.
    case told(UInt64, UInt64)
    /// The closure is called, on a loop thread; it must return soon.
    case action(@Sendable () -> Void)
}

/// What an application keeps with a request that waits.
public protocol RequestAttachment: AnyObject, Sendable {}

/// The way back for one answer.
///
/// A responder may be kept for as long as the application needs; its connection waits meanwhile, without a deadline of
/// its own, so the application sets one.
public struct Responder: Sendable {
    let pending: PendingRequest

    /// Sends the answer; callable from any thread. The first call wins, later ones are ignored.
    public func respond(_ response: consuming HTTPResponse) {
        pending.respond(response)
    }

    /// Says what happens when the client leaves before it has its answer; to be called within `handle`, and the last
    /// call counts.
    public func whenClientGoes(_ departure: Departure) { pending.departure = departure }

    /// Keeps something with the request for as long as its client waits, see `HTTPServer.attachments`; on the thread of the
    /// loop that called `handle`.
    ///
    /// - Parameter departure: what the handler wants when the client leaves before it has its answer.
    public func attach(_ attachment: any RequestAttachment, whenClientGoes departure: Departure = .nothing) {
        pending.departure = departure
        pending.connection?.attach(attachment, to: pending)
    }

    /// Adds fields to the answer, whatever it is; on the thread of the loop that called `handle`, before the answer.
    public func add(_ fields: ResponseFields) { pending.additions += fields }

    /// Sends the head of an answer, whose body is then written to the stream; callable from any thread.
    ///
    /// The body is sent chunked, or, to a client of HTTP/1.0, up to the close of the connection. `head.body` is sent
    /// first. A HEAD request gets the head, and the stream ends.
    ///
    /// - Parameters:
    ///   - head: status and fields.
    ///   - bufferLimit: the most bytes that wait for the client; a write that would exceed it is refused unless nothing waits.
    ///   - onEnd: called once, on a thread of the server, when nothing more will be sent; it must return soon. It is
    ///     called within this function if the request has an answer already.
    public func respond(
        streaming head: HTTPResponse,
        bufferLimit: Int = 256 << 10,
        onEnd: @escaping @Sendable (ResponseStream.End) -> Void
    ) -> ResponseStream {
        let stream = ResponseStream(pending: pending, bufferLimit: bufferLimit, onEnd: onEnd)
        _ = stream.write(head.body)
        var response = head
        response.stream = stream
        pending.respond(response)
        return stream
    }
}
