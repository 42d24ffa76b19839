// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What is known about how a connection will end.
///
/// A value without the connection, so that its rules can be read and tested in one place.
enum ConnectionEnd: Equatable {
    /// Nothing ends it but the client: where the library closes the idle connection, it has met a request line that it
    /// could not read.
    case open
    /// It is closed after the next answer or now, or that is not known yet.
    case closing
    /// It is closed after the answer to a request that was not read whole.
    case closingEarly
    /// An answer was written past the library, which is then to close the connection, before the request was read whole.
    case answeredEarly
    /// The answer to a request that was read whole was written past the library.
    case answered

    /// A request line was read.
    mutating func receiveRequestLine() { willClose() }

    /// A head was accepted whose request leaves the connection open, or does not.
    mutating func acceptHead(staysOpen: Bool) {
        guard self == .open || self == .closing else { return }
        self = staysOpen ? .open : .closing
    }

    /// The connection is closed after the next answer, or now.
    mutating func willClose() {
        if self == .open { self = .closing }
    }

    /// A request is answered before all of it was read, and the connection closed then.
    mutating func answerEarly() {
        self = self == .answered || self == .answeredEarly ? .answeredEarly : .closingEarly
    }

    /// An answer is to be written past the library, before all of the request was read; false when one was already.
    mutating func answerDirectly() -> Bool {
        guard self != .answered, self != .answeredEarly else { return false }
        self = .answeredEarly
        return true
    }

    /// The answer to a request that was read whole was written past the library.
    mutating func answeredEndedPeer() { self = lingers ? .answeredEarly : .answered }

    /// Whether unread bytes may be on their way when the connection closes, so that the socket is kept a while: closing it
    /// then would reset the connection and take the answer from the client.
    var lingers: Bool { self == .closingEarly || self == .answeredEarly }
}
