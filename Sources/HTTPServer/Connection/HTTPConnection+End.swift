// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import CMicrohttpd
@preconcurrency internal import Glibc
internal import Synchronization

extension HTTPConnection {
    /// Writes an answer past the library and ends our side of the connection, so that nothing of the library's follows.
    func answerDirectly(_ failure: HTTPFailure) {
        // A client whose handshake is not done could not read it.
        guard session?.isEstablished ?? true, end.answerDirectly() else { return }
        let response = loop.handler.response(to: failure)
        sendDirectly(DirectResponse.serialize(response, withBody: !libraryHead.isHead, date: HTTPDate.now()))
        session?.sayEnd()
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private static let peerCheckMilliseconds: UInt64 = 8_000

    /// Sees to what no event reports: closes a connection whose client has ended its side before a request was
    /// complete, and gives back memory that is not needed for a while.
    ///
    /// An end that came together with the last bytes of a request is reported together with them, once. So an idle
    /// connection is looked at soon after its answer and then now and again, since there may be thousands.
    func sweep() {
        switch stage {
        // A request that still waits at a sweep may wait for long, and there may be thousands.
        case .waiting(let pending):
            buffers = RequestBuffers()
            if pending.isWaiting, !isWatched { watchClient() }
        case .complete, .refused, .deserted: break
        case .replying: endIfNothingIsTaken(.close, within: loop.stallMilliseconds)
        case .streaming(let stream), .parked(let stream):
            limitLastBytes(of: stream)
            endIfNothingIsTaken(.cut(stream), within: loop.streamStallMilliseconds)
        case .idle(let nextPeerCheck):
            guard nextPeerCheck <= loop.now else { return }
            if nextPeerCheck > 0 { buffers = RequestBuffers() }
            stage = .idle(nextPeerCheck: loop.now + Self.peerCheckMilliseconds)
            session?.trim()
            closeIfPeerEnded()
        case .unused where session != nil:
            resumeHandshake()
            closeIfPeerEnded()
        case .unused, .receivingHead, .receivingBody, .droppingBody: closeIfPeerEnded()
        }
    }

    /// The end is seen only once all bytes before it have been taken, so nothing is left that could complete the
    /// request.
    private func closeIfPeerEnded() {
        if case .ended = peer { abandon() }
    }

    /// The deadline has passed.
    func expire() {
        deadline = .max
        carryOut(stage.atDeadline)
    }

    /// Closes the connection if no request is on it and none is in the socket.
    func closeIfIdle() {
        if stage.isIdle, reader.unread.isEmpty, !hasUnreadBytes, !isFresh { abandon() }
    }

    /// Makes the library see the end of the connection in its next turn.
    func abandon() {
        if stage.isIdle { session?.sayEnd() }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// An answer has not been taken completely for a while.
    private func closeIfStuck() {
        deadline = loop.now + loop.stallMilliseconds
        guard !listener.isUnix else { return }
        let acknowledged = clinux_tcp_acknowledged(descriptor)
        if acknowledged == progress { return abandon() }
        progress = acknowledged
    }

    /// Ends the connection of a Unix socket whose client has taken nothing of its answer for so long.
    ///
    /// The kernel counts nothing there and has no time-out. It says how much waits, which differs from one sweep to the next
    /// unless the client takes nothing: what is sent comes in larger pieces than it goes out.
    private func endIfNothingIsTaken(_ ending: ConnectionStage.Ending, within milliseconds: UInt64) {
        guard listener.isUnix else { return }
        var waiting: Int32 = 0
        guard ioctl(descriptor, UInt(TIOCOUTQ), &waiting) == 0 else { return }
        if waiting == 0 || UInt64(clamping: waiting) != progress {
            (progress, tookSomething) = (UInt64(clamping: waiting), loop.now)
        } else if tookSomething + milliseconds <= loop.now {
            carryOut(ending)
        }
    }

    /// Ends the request now: one that waits is answered 503, one that is arriving is cut off after a 503.
    func giveUp() { carryOut(stage.atStop) }

    /// The last thing before the library stops, which must find nobody suspended and answers nobody.
    func prepareForEnd() {
        if stage.isSuspended { MHD_resume_connection(library) }
        guard case .waiting = stage else { return }
        // Another thread is just about to answer: it has claimed the request, but comes too late.
        if isWatched { endWatch() }
        loop.counters.requestsInFlight.subtract(1, ordering: .relaxed)
        stage = .refused(failure(.internalError))
        wakeLibrary()
    }

    /// Does to the connection what follows from an event.
    func carryOut(_ ending: ConnectionStage.Ending) {
        switch ending {
        case .none: break
        case .close: abandon()
        case .closeIfStuck: closeIfStuck()
        case .answer(let reason):
            answerDirectly(HTTPFailure(reason, origin: head?.fields.origin))
            abandon()
        case .giveUp(let pending): pending.respond(failure(.abandoned))
        case .cut(let stream):
            stream.cut()
            abandon()
        case .finish(let stream): stream.shutDown()
        }
    }

    /// The library is about to close the socket.
    func close() {
        dropRequest()
        dropReceived()
        if let session { closeSession(session) }
        guard end.lingers, !loop.isStopping else { return }
        // A second descriptor keeps the socket when the library closes the first.
        let second = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        if second >= 0 { loop.lingering.add(second, from: network, now: loop.now) }
    }

    private enum Peer {
        case open
        case ended
        case lost
    }

    /// Whether the client may still send.
    private var peer: Peer {
        let count = peek()
        if count == 0 { return .ended }
        return count > 0 || errno == EAGAIN ? .open : .lost
    }

    /// Whether the client has sent what has not been read yet.
    var hasUnreadBytes: Bool { session?.hasMore ?? false || peek() > 0 }

    /// Looks for a byte: 1 with one, 0 at the end, -1 without either.
    private func peek() -> Int {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    }
}
