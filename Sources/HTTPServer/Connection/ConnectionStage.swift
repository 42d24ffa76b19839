// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Where a connection stands with its requests, and what it holds at that stage; there is one request at a time.
///
/// A value without the connection: what an event means is decided and tested here, and done by the connection. The head
/// and the body of a request are kept beside it, since whoever looks at a stage would retain all of them.
enum ConnectionStage {
    /// Nothing has been read yet.
    case unused
    /// The last answer has gone. When to look next for the end of the client's side, in milliseconds of the loop's clock;
    /// 0 before the first look.
    case idle(nextPeerCheck: UInt64)
    /// The beginning of a head has been read.
    case receivingHead
    /// The head has been accepted.
    case receivingBody
    /// A refused request's small body is read and dropped, so that the connection can be kept. Indirect since it is
    /// rare: it costs the other stages one word.
    indirect case droppingBody(HTTPResponse)
    /// The request is there as a whole.
    case complete
    /// The library is told of a request that is refused with this answer.
    indirect case refused(HTTPResponse)
    /// The handler has the request. The library is told of it once it is answered.
    case waiting(PendingRequest)
    /// The client left while its request waited; the library is to close the connection, or has done so.
    case deserted
    /// The answer is queued.
    case replying
    /// The head of the answer is queued and its body is being written.
    case streaming(ResponseStream)
    /// The same with nothing to write for the moment: the library leaves the connection alone until it is resumed.
    case parked(ResponseStream)

    /// What an event from outside does to a connection.
    enum Ending {
        /// Nothing follows: an answer is on its way.
        case none
        /// It is closed without a word.
        case close
        /// It is closed unless the client has taken something of its answer since the last time.
        case closeIfStuck
        /// The failure is written past the library, and the connection closed.
        case answer(HTTPFailure.Reason)
        /// The request is answered with the news that it was given up.
        case giveUp(PendingRequest)
        /// The stream is broken off, and the connection closed.
        case cut(ResponseStream)
        /// The stream ends after what was written.
        case finish(ResponseStream)
    }
}

extension ConnectionStage {
    /// Whether no request is on the connection.
    var isIdle: Bool {
        switch self {
        case .unused, .idle: true
        default: false
        }
    }

    /// Whether a request is there as a whole, so that nothing more is read for now.
    var isRequestThere: Bool {
        switch self {
        case .unused, .idle, .receivingHead, .receivingBody, .droppingBody: false
        case .complete, .refused, .waiting, .deserted, .replying, .streaming, .parked: true
        }
    }

    /// The stream that writes the answer.
    var stream: ResponseStream? {
        switch self {
        case .streaming(let stream), .parked(let stream): stream
        default: nil
        }
    }

    /// Whether the library was told to leave the connection alone until it is resumed.
    var isSuspended: Bool {
        if case .parked = self { true } else { false }
    }
}

extension ConnectionStage {
    /// What follows when the deadline has passed.
    var atDeadline: Ending {
        switch self {
        case .unused, .receivingHead, .receivingBody, .droppingBody: .answer(.requestTimeout)
        case .idle: .close
        case .replying: .closeIfStuck
        case .complete, .refused, .waiting, .deserted: .none
        case .streaming(let stream), .parked(let stream): .cut(stream)
        }
    }

    /// What follows when the server has no more time to wait for answers.
    var atStop: Ending {
        switch self {
        case .unused, .idle: .close
        case .receivingHead, .receivingBody, .droppingBody: .answer(.shuttingDown)
        case .waiting(let pending): .giveUp(pending)
        case .complete, .refused, .deserted, .replying: .none
        case .streaming(let stream), .parked(let stream): .finish(stream)
        }
    }

    /// What follows when the connection makes room for another.
    var toMakeRoom: Ending {
        switch self {
        case .unused, .receivingHead, .receivingBody, .droppingBody: .answer(.tooManyConnections)
        case .idle, .complete, .refused, .waiting, .deserted, .replying, .streaming, .parked: .close
        }
    }
}
