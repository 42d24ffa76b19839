// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc
internal import Logging
internal import Synchronization
internal import Threads

// The handshake of a connection is not done while libmicrohttpd reads it: a step takes up to some milliseconds, and many
// clients may come at once. So steps wait in a queue of the loop's, which does some of them in each turn, of each client in
// turn.

extension ServerLoop {
    /// How long handshakes may take in a turn; one step is done whatever it takes.
    private static let handshakeTime = Duration.microseconds(1_000)

    /// Does the handshakes that have something to do, as far as the turn has time for them.
    func advanceHandshakes(_ tls: LoopTLS) {
        guard !tls.handshakes.isIdle else { return }
        let limit = Moment.now + Self.handshakeTime
        repeat {
            guard let connection = tls.handshakes.next() else { return }
            connection.advanceHandshake(tls)
        } while Moment.now < limit
    }
}

extension HTTPConnection {
    /// How long a connection is kept at the stop whose handshake has just ended: its request is on the way.
    private static let freshMilliseconds: UInt64 = 250

    /// Begins to expect a client that speaks TLS.
    func expectTLS(_ tls: LoopTLS) {
        session = TLSSession(descriptor: descriptor, buffers: tls.buffers)
        deadline = loop.now + tls.timeoutMilliseconds
    }

    /// The socket has something of a handshake that is not complete.
    func awaitHandshake(_ session: TLSSession) -> ReadResult {
        switch session.phase {
        case .failed, .closed: return .failed(ECONNRESET)
        case .silent, .handshaking, .established: queueHandshake()
        }
        return .wait
    }

    private func queueHandshake() {
        guard let tls = loop.tls, let session, !session.isDue else { return }
        session.isDue = true
        tls.handshakes.add(self, of: network)
    }

    func advanceHandshake(_ tls: LoopTLS) {
        guard let session else { return }
        session.isDue = false
        guard place != .closed, !session.isEstablished else { return }
        let step = session.advance(tls.server.current)
        if session.phase == .handshaking, session.ticket == nil { beginHandshake(session, tls) }
        switch step {
        case .wait: return
        case .again: return queueHandshake()
        case .done:
            deadline = loop.now + loop.readMilliseconds
            session.establishedAt = loop.now
        case .failed(let reason):
            loop.logger.debug(
                "TLS handshake failed",
                metadata: ["client.address": "\(remoteAddress)", "reason": "\(reason)"]
            )
            // The client is to read the alert.
            end.answerEarly()
        case .plain: answerPlainly()
        }
        endHandshake(of: session, isDone: step == .done)
        wakeLibrary()
    }

    private func beginHandshake(_ session: TLSSession, _ tls: LoopTLS) {
        let (ticket, tooMany) = tls.handshakes.begin(self, of: network)
        session.ticket = ticket
        guard let tooMany else { return }
        tooMany.abandon()
    }

    /// The handshake is over, one way or another.
    private func endHandshake(of session: TLSSession, isDone: Bool) {
        if isDone {
            loop.counters.handshakes.add(1, ordering: .relaxed)
        } else {
            loop.counters.failedHandshakes.add(1, ordering: .relaxed)
        }
        if let ticket = session.ticket.take() { loop.tls?.handshakes.end(ticket) }
    }

    /// Goes on with a handshake for whose bytes the socket had no room; called now and again.
    func resumeHandshake() {
        if let session, session.isUnsent, !session.isEstablished { queueHandshake() }
    }

    /// Tells a client that does not speak TLS that it has to.
    private func answerPlainly() {
        guard end.answerDirectly() else { return }
        DirectResponse.send(loop.handler.response(to: HTTPFailure(.plainText)), to: descriptor)
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Whether a handshake is under way, or has just ended.
    var isFresh: Bool {
        guard let session else { return false }
        if session.ticket != nil { return true }
        return session.isEstablished && loop.now < session.establishedAt + Self.freshMilliseconds
    }

    /// Where the request comes from, with the client's certificate, which has to be good by what is in force now.
    func clientWithCertificate() throws(HTTPFailure) -> Peer {
        guard let certificate = session?.certificate else { return client }
        guard hasGoodCertificate else { throw HTTPFailure(.certificateRefused) }
        return Peer(address: client.address, entrance: client.entrance, certificate: certificate)
    }

    /// Whether the certificate that the client has shown, if it has, is good by what is in force now.
    var hasGoodCertificate: Bool {
        guard let session, session.certificate != nil, let tls = loop.tls else { return true }
        return session.isGood(by: tls.server.current)
    }

    /// Ends TLS before the socket is closed: where all that was to be sent has gone, with the notice that this is all.
    func closeSession(_ session: TLSSession) {
        if session.ticket != nil { endHandshake(of: session, isDone: false) }
        if stage.isIdle { session.sayEnd() }
        session.close()
    }

    /// Sends what belongs to no answer of the library's, as it has to be sent on this connection.
    func sendDirectly(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            guard let session else {
                _ = sendto(descriptor, buffer.baseAddress, buffer.count, SocketWrites.flags, nil, 0)
                return
            }
            session.sendDirectly(buffer)
        }
    }
}
