// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Where a connection stands with its requests, and what it has there; libmicrohttpd calls for one request at a time, in
/// order.
///
/// A value without the connection: what an event means is decided and tested here, and done by the connection. The head
/// and the body of a request are beside it, since whoever looks at a stage would take hold of all of them.
enum ConnectionStage {
    /// No request line has been read yet.
    case unused
    /// The last answer has gone. When to look next for the end of the client's side, in milliseconds of the loop's clock;
    /// 0 before the first look.
    case idle(nextPeerCheck: UInt64)
    /// A request line was read; its target stands here.
    case receivingHead(target: UnsafeRawPointer)
    /// The head was accepted. An answer to `HEAD` goes without its body.
    case receivingBody(isChunked: Bool, isHead: Bool)
    /// A refused request's small body is read and dropped, so that the connection can be kept. Rare, so it costs the
    /// other stages one word.
    indirect case droppingBody(HTTPResponse, isHead: Bool)
    /// The handler has the request, which says whether the library leaves the connection alone until it is resumed.
    case waiting(PendingRequest)
    /// The answer is queued.
    case replying
    /// The head of the answer is queued and its body is being written.
    case streaming(ResponseStream)
    /// The same with nothing to write now, and the library leaves the connection alone until it is resumed.
    case parked(ResponseStream)

    /// What an event from outside does to a connection.
    enum Ending {
        /// Nothing: an answer is on its way.
        case none
        /// It is closed without a word.
        case close
        /// The failure is written past the library, and the connection closed.
        case answer(HTTPFailure.Reason)
        /// The request is answered that it was given up.
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

    /// Whether the answer to the request goes without its body.
    var isHead: Bool {
        switch self {
        case .receivingBody(_, let isHead), .droppingBody(_, let isHead): isHead
        case .waiting(let pending): pending.isHead
        case .unused, .idle, .receivingHead, .replying, .streaming, .parked: false
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
        switch self {
        case .waiting(let pending): pending.isSuspended
        case .parked: true
        default: false
        }
    }
}

extension ConnectionStage {
    /// What follows when the deadline has passed.
    var atDeadline: Ending {
        switch self {
        case .unused, .receivingHead, .receivingBody, .droppingBody: .answer(.requestTimeout)
        case .idle: .close
        case .waiting, .replying: .none
        case .streaming(let stream), .parked(let stream): .cut(stream)
        }
    }

    /// What follows when the server has no more time to wait for answers.
    var atStop: Ending {
        switch self {
        case .unused, .idle: .close
        case .receivingHead, .receivingBody, .droppingBody: .answer(.shuttingDown)
        case .waiting(let pending): .giveUp(pending)
        case .replying: .none
        case .streaming(let stream), .parked(let stream): .finish(stream)
        }
    }

    /// What follows when the connection makes room for another.
    var toMakeRoom: Ending {
        switch self {
        case .unused, .receivingHead, .receivingBody, .droppingBody: .answer(.tooManyConnections)
        case .idle, .waiting, .replying, .streaming, .parked: .close
        }
    }
}
