// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What is known about how a connection will end.
///
/// A value without the connection, so that its rules can be read and tested in one place.
struct ConnectionEnd: Equatable {
    /// Whether no request line has been read yet.
    private(set) var isUnused = true
    /// Whether unread bytes may be on their way when the connection closes, so that the socket is kept a while: closing it
    /// then would reset the connection and take the answer from the client.
    private(set) var lingers = false
    /// Whether an answer was written past the library, which is then to close the connection.
    private(set) var isAnsweredDirectly = false
    /// Whether it is certain that only an unreadable request line makes the library close the idle connection.
    private var expectsRequest = true

    /// A request line was read.
    mutating func receiveRequestLine() {
        isUnused = false
        expectsRequest = false
    }

    /// A head was accepted whose request leaves the connection open, or does not.
    mutating func acceptHead(staysOpen: Bool) { expectsRequest = staysOpen }

    /// The connection is closed after the next answer, or now.
    mutating func willClose() { expectsRequest = false }

    /// A request is answered before all of it was read, and the connection closed then.
    mutating func answerEarly() {
        lingers = true
        expectsRequest = false
    }

    /// An answer is to be written past the library, before all of the request was read; false when one was already.
    mutating func answerDirectly() -> Bool {
        guard !isAnsweredDirectly else { return false }
        isAnsweredDirectly = true
        lingers = true
        return true
    }

    /// The answer to a request that was read whole was written past the library.
    mutating func answeredEndedPeer() { isAnsweredDirectly = true }

    /// Whether the library, which is about to close the idle connection, has met a request line that it could not read: it
    /// closes without a word then.
    var isForUnreadableLine: Bool { expectsRequest && !isAnsweredDirectly }
}
