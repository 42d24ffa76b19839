// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The application behind a server.
///
/// All methods are called on a loop thread and must return soon: while one runs, no other connection of the loop is
/// served.
public protocol HTTPRequestHandler: Sendable {
    /// Turns a request down on the strength of its head, before its body is read and before `100 Continue`; nil goes on.
    ///
    /// A small body that is on its way already is read and dropped, so that the connection can be kept; with a larger
    /// one the connection is closed after the answer.
    func refusal(for head: RequestHead) -> HTTPResponse?

    /// Whether a request is answered even when the server has no ordinary place left for its connection: true of
    /// probes, which decide whether the process goes on. It has to be one that is answered at once.
    func isUrgent(_ head: RequestHead) -> Bool

    /// Handles a request, answering through the responder at once or later, from any thread.
    func handle(_ request: consuming HTTPRequest, responder: Responder)

    /// A client has left before it got the answer to a request whose responder was given these words.
    func clientHasGone(_ first: UInt64, _ second: UInt64)

    /// Gives the HTTP layer's own errors the application's form; the connection is closed after it.
    ///
    /// The head of such an answer is to stay under 1 KB and the whole under 16 KB: it is written in one go.
    func response(to failure: HTTPFailure) -> HTTPResponse
}

extension HTTPRequestHandler {
    /// Refuses nothing.
    public func refusal(for head: RequestHead) -> HTTPResponse? { nil }

    /// Lets the work go on.
    public func clientHasGone(_ first: UInt64, _ second: UInt64) {}

    /// Nothing is urgent.
    public func isUrgent(_ head: RequestHead) -> Bool { false }
}
