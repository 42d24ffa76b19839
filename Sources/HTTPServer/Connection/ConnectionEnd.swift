// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Whether a connection was answered before its request was read to its end, and how.
///
/// A value without the connection, so that its rules can be read and tested in one place.
enum ConnectionEnd: Equatable {
    /// Neither of the others.
    case usual
    /// It is closed after the answer to a request that was not read to its end.
    case early
    /// An answer was written past the library, which then has to close the connection.
    case answeredDirectly

    /// A request is answered before all of it was read, and the connection is closed afterwards.
    mutating func answerEarly() {
        if self == .usual { self = .early }
    }

    /// An answer is to be written past the library; false when one was already.
    mutating func answerDirectly() -> Bool {
        defer { self = .answeredDirectly }
        return self != .answeredDirectly
    }

    /// Whether unread bytes may be on their way when the connection closes, so that the socket is kept a while: closing it
    /// then would reset the connection and take the answer from the client.
    var lingers: Bool { self != .usual }
}
