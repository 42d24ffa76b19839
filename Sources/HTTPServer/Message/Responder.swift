// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

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

    /// Sends the head of an answer, whose body is then written to the stream; callable from any thread.
    ///
    /// The body goes out chunked, or up to the close of the connection to a client of HTTP/1.0. `head.body` is sent first.
    /// A HEAD request gets the head, and the stream ends.
    ///
    /// - Parameters:
    ///   - head: status and fields.
    ///   - bufferLimit: the most bytes that wait for the client; a write that would exceed it is refused unless nothing waits.
    ///   - onEnd: called once, on a thread of the server, when nothing more is sent; it must return soon. It is called
    ///     within this function if the request has an answer already.
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
