// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CGnuTLS
internal import CMicrohttpd
@preconcurrency internal import Glibc

/// TLS on one connection: its handshake, and what is sent and received under it. Loop thread only.
///
/// libmicrohttpd knows nothing of it: its calls of `recv`, `send` and `sendmsg` for the connection's socket come here
/// (see SocketReads and SocketWrites).
final class TLSSession {
    enum Phase: Equatable {
        /// The client has sent nothing: nothing is held for it.
        case silent
        case handshaking
        case established
        case failed
        case closed
    }

    /// What became of a step of the handshake.
    enum Step: Equatable {
        case done
        /// It goes on when the client has sent more, or taken more.
        case wait
        /// It goes on after others were served.
        case again
        /// It has ended, for this reason.
        case failed(String)
        /// The client does not speak TLS.
        case plain
    }

    let descriptor: Int32
    private let buffers: TLSBuffers
    /// What the loop knows its handshake by; nil while none is under way.
    var ticket: Handshakes<HTTPConnection>.Ticket?
    /// Whether its handshake waits in the loop's line.
    var isDue = false
    /// When the handshake was done, in milliseconds of the loop's clock.
    var establishedAt: UInt64 = 0
    private(set) var phase = Phase.silent
    /// What the session was begun with, which holds what it points to.
    private var context: TLSContext?
    /// What the client's certificate was proved by last.
    private var provedBy: TLSContext?
    private var isRefused = false
    /// The certificate of the client, once it is proved.
    private(set) var certificate: ClientCertificate?
    private var session: gnutls_session_t?
    /// Read and not yet taken by GnuTLS.
    private var received: [UInt8] = []
    private var position = 0
    /// Whether the last read may have left something in the socket.
    private var socketMayHaveMore = false
    /// How much more may be read in one call of ours.
    private var readingLeft = 0
    /// Whether GnuTLS keeps something that the socket did not take.
    private(set) var isUnsent = false
    /// Whether that is part of an answer.
    private var unsentIsAnswer = false
    /// Bytes of the answer that have gone, and that the library has not been told of.
    private var sentAhead = 0
    /// `MSG_MORE` while more is about to follow.
    private var moreFollows: Int32 = 0
    /// What is wrong with the client's certificate.
    private var clientStatus: UInt32 = 0

    init(descriptor: Int32, buffers: TLSBuffers) {
        self.descriptor = descriptor
        self.buffers = buffers
    }

    deinit { close() }

    /// Whether requests can be read and answered.
    var isEstablished: Bool { phase == .established }

    /// Frees the session.
    func close() {
        if let session { gnutls_deinit(session) }
        (session, received, position, phase) = (nil, [], 0, .closed)
    }

    // MARK: Handshake

    /// Goes on with the handshake; it begins with the first byte of the client.
    func advance(_ current: @autoclosure () -> TLSContext) -> Step {
        beginReading()
        if phase == .silent {
            let count = fill()
            if count == 0 { return fail("the client has left") }
            if count < 0 { return errno == EAGAIN ? .wait : fail("the connection is lost") }
            guard received.first == Self.handshakeRecord else { return plain() }
            guard begin(current()) else { return fail("memory is short") }
        }
        guard phase == .handshaking, let session else { return .failed("it has ended") }
        for _ in 0..<Self.mostWarnings {
            let result = gnutls_handshake(session)
            if result == GNUTLS_E_SUCCESS { return establish(session) }
            // GnuTLS stops after each record of a message that takes several, whatever is there of the next.
            if result == GNUTLS_E_AGAIN { return isUnsent || !hasReceivedMore ? .wait : .again }
            if result == GNUTLS_E_INTERRUPTED { return .again }
            if gnutls_error_is_fatal(result) != 0 { return refuse(result, session) }
        }
        return fail("the client sends warnings only")
    }

    /// The first byte of a client that speaks TLS: the type of a record (RFC 8446, section 5.1).
    private static let handshakeRecord: UInt8 = 22
    private static let mostWarnings = 8
    /// The most that is read for a connection before others are served.
    private static let mostRead = 256 << 10

    private func begin(_ context: TLSContext) -> Bool {
        let client = cgnutls_client(
            context: Unmanaged.passUnretained(self).toOpaque(),
            receive: receiveForSession,
            send: sendForSession,
            wait: waitForSession,
            verify: verifyForSession,
            greeted: chooseForSession
        )
        (self.context, provedBy) = (context, context)
        session = context.makeSession(client)
        if session != nil { phase = .handshaking }
        return session != nil
    }

    private func establish(_ session: gnutls_session_t) -> Step {
        let result = proveAgain(session)
        guard result == 0 else { return refuse(result, session) }
        phase = .established
        if let context, context.asksClients { certificate = ClientCertificate(session) }
        return .done
    }

    /// Looks at the certificate of a client that goes on with a session, which it had shown when that began; an error where it is no
    /// longer good.
    private func proveAgain(_ session: gnutls_session_t) -> Int32 {
        guard gnutls_session_is_resumed(session) != 0, let context, context.asksClients else { return 0 }
        var count: UInt32 = 0
        let hasCertificate = gnutls_certificate_get_peers(session, &count) != nil && count > 0
        if !hasCertificate, context.requiresClients { return GNUTLS_E_NO_CERTIFICATE_FOUND }
        return verify()
    }

    private func plain() -> Step {
        phase = .failed
        return .plain
    }

    private func fail(_ reason: String) -> Step {
        phase = .failed
        return .failed(reason)
    }

    /// Tells the client why the handshake ends.
    private func refuse(_ result: Int32, _ session: gnutls_session_t) -> Step {
        if let alert = TLSAlert.of(result, clientStatus: clientStatus) {
            gnutls_alert_send(session, GNUTLS_AL_FATAL, alert)
        } else {
            gnutls_alert_send_appropriate(session, result)
        }
        let text = gnutls_strerror(result).map { String(cString: $0) } ?? "error \(result)"
        return fail(clientStatus == 0 ? text : TLSAlert.reason(clientStatus))
    }

    // MARK: The client's certificate

    /// Looks at the certificate that the client has shown.
    fileprivate func verify() -> Int32 {
        guard let session else { return GNUTLS_E_CERTIFICATE_ERROR }
        var count: UInt32 = 0
        // Where one is needed GnuTLS has refused the handshake by now.
        guard gnutls_certificate_get_peers(session, &count) != nil, count > 0 else { return 0 }
        guard cgnutls_verify_client(session, &clientStatus) >= 0 else { return GNUTLS_E_CERTIFICATE_ERROR }
        return clientStatus == 0 ? 0 : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR
    }

    fileprivate func choose() {
        if let session { context?.choose(for: session) }
    }

    /// Whether the client's certificate is good by what is in force now, too.
    func isGood(by current: TLSContext) -> Bool {
        guard certificate != nil, let session, let provedBy, !isRefused else { return !isRefused }
        guard !provedBy.trusts(like: current) else { return true }
        isRefused = true
        guard current.asksClients else { return false }
        // The session holds the credentials by their address.
        self.provedBy = current
        current.adopt(session)
        isRefused = verify() != 0
        return !isRefused
    }

    // MARK: Receiving

    /// Whether something may be there that no event will report.
    var hasMore: Bool {
        if hasReceivedMore { return true }
        guard isEstablished, let session else { return false }
        return gnutls_record_check_pending(session) > 0
    }

    private var hasReceivedMore: Bool { position < received.count || socketMayHaveMore }

    /// Reads as `recv` does.
    func read(into space: UnsafeMutableRawBufferPointer) -> Int {
        guard isEstablished, let session else { return failure(ENOTCONN) }
        beginReading()
        for _ in 0..<Self.mostWarnings {
            let count = gnutls_record_recv(session, space.baseAddress, space.count)
            if count > 0 { return count }
            switch Int32(truncatingIfNeeded: count) {
            // An end without a notice of it is the end as well: requests have lengths.
            case 0, GNUTLS_E_PREMATURE_TERMINATION: return 0
            // GnuTLS stops after new keys as well, whatever is there behind them, and without a look at the socket.
            case GNUTLS_E_AGAIN: return failure(hasReceivedMore ? EINTR : EAGAIN)
            case GNUTLS_E_INTERRUPTED: return failure(EINTR)
            case GNUTLS_E_WARNING_ALERT_RECEIVED: continue
            default: return lose(Int32(truncatingIfNeeded: count), session)
            }
        }
        return failure(ECONNRESET)
    }

    /// Gives the memory back that is not needed while nothing is received.
    func trim() { if received.isEmpty { received = [] } }

    private func lose(_ result: Int32, _ session: gnutls_session_t) -> Int {
        // A client that asks for another handshake is not given one.
        gnutls_alert_send_appropriate(session, result)
        phase = .failed
        return failure(ECONNRESET)
    }

    /// Until it has been looked at, the socket may have what an event told of before: no other event will.
    private func beginReading() { (readingLeft, socketMayHaveMore) = (Self.mostRead, true) }

    /// What the socket has; as `recv`.
    private func fill() -> Int {
        let space = buffers.receiving
        let count = recvfrom(descriptor, space.baseAddress, space.count, 0, nil, nil)
        socketMayHaveMore = count == space.count
        guard count > 0 else { return count }
        received.removeAll(keepingCapacity: true)
        received.append(contentsOf: UnsafeRawBufferPointer(rebasing: space[..<count]))
        position = 0
        return count
    }

    /// Gives GnuTLS what the client has sent.
    fileprivate func pull(_ space: UnsafeMutableRawBufferPointer) -> Int {
        if position == received.count {
            guard readingLeft > 0 else { return pullFailure(EINTR) }
            let count = fill()
            if count < 0 { return pullFailure(errno) }
            if count == 0 { return 0 }
            readingLeft -= count
        }
        let count = min(space.count, received.count - position)
        received.withUnsafeBytes { bytes in
            space.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)]))
        }
        position += count
        if position == received.count {
            received.removeAll(keepingCapacity: true)
            position = 0
        }
        return count
    }

    private func pullFailure(_ error: Int32) -> Int {
        gnutls_transport_set_errno(session, error)
        return -1
    }

    // MARK: Sending

    /// The most that is encrypted for a connection before others are served.
    private static let mostSent = 256 << 10
    /// The most that a record holds.
    private static let recordBytes = 16 << 10

    /// Sends two pieces of an answer as `sendmsg` does.
    ///
    /// Less than all is sent only when the socket takes no more, so that the library waits for the event that it takes more
    /// again. What GnuTLS has encrypted and the socket has not taken yet counts as not sent, and is passed over when the
    /// library sends it once more.
    func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, flags: Int32) -> Int {
        guard isEstablished, let session else { return failure(EPIPE) }
        moreFollows = flags & Int32(MSG_MORE)
        guard sendRest(session) else { return -1 }
        let total = first.count + second.count
        var done = min(sentAhead, total)
        sentAhead -= done
        var left = Self.mostSent
        while done < total {
            guard left > 0 else {
                sentAhead = done
                return failure(EINTR)
            }
            let piece = piece(of: first, second, from: done)
            let count = gnutls_record_send(session, piece.baseAddress, piece.count)
            guard count > 0 else {
                guard count == GNUTLS_E_AGAIN || count == GNUTLS_E_INTERRUPTED else { return failure(EPIPE) }
                unsentIsAnswer = true
                return done > 0 ? done : failure(EAGAIN)
            }
            done += count
            left -= count
        }
        return done
    }

    /// Sends something that belongs to no answer of the library's; what the socket does not take at once goes with the next.
    func sendDirectly(_ bytes: UnsafeRawBufferPointer) {
        guard isEstablished, let session, !isUnsent else { return }
        moreFollows = 0
        var done = 0
        while done < bytes.count, !isUnsent {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[done..<min(bytes.count, done + Self.recordBytes)])
            let count = gnutls_record_send(session, piece.baseAddress, piece.count)
            guard count > 0 else { return }
            done += count
        }
    }

    /// Tells the client that nothing follows, so that it knows what it has to be all.
    func sayEnd() {
        guard isEstablished, let session, !isUnsent else { return }
        gnutls_bye(session, GNUTLS_SHUT_WR)
    }

    /// Sends what the socket did not take before; false, with the error, when it still takes less.
    private func sendRest(_ session: gnutls_session_t) -> Bool {
        guard isUnsent else { return true }
        let count = gnutls_record_send(session, nil, 0)
        guard count >= 0 else {
            _ = failure(count == GNUTLS_E_AGAIN || count == GNUTLS_E_INTERRUPTED ? EAGAIN : EPIPE)
            return false
        }
        if unsentIsAnswer { sentAhead += count }
        unsentIsAnswer = false
        return true
    }

    /// The next bytes for a record, in one place.
    private func piece(
        of first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer,
        from done: Int
    ) -> UnsafeRawBufferPointer {
        if done >= first.count {
            let start = done - first.count
            return UnsafeRawBufferPointer(rebasing: second[start..<min(second.count, start + Self.recordBytes)])
        }
        let head = UnsafeRawBufferPointer(rebasing: first[done..<min(first.count, done + Self.recordBytes)])
        guard head.count < Self.recordBytes, !second.isEmpty else { return head }
        let space = buffers.record
        let tail = UnsafeRawBufferPointer(rebasing: second[..<min(second.count, Self.recordBytes - head.count)])
        space.copyMemory(from: head)
        UnsafeMutableRawBufferPointer(rebasing: space[head.count...]).copyMemory(from: tail)
        return UnsafeRawBufferPointer(rebasing: space[..<(head.count + tail.count)])
    }

    /// Sends what GnuTLS has encrypted.
    fileprivate func push(_ pieces: UnsafePointer<iovec>?, _ count: Int32) -> Int {
        var message = msghdr()
        message.msg_iov = UnsafeMutablePointer(mutating: pieces)
        message.msg_iovlen = Int(count)
        let total = UnsafeBufferPointer(start: pieces, count: Int(count)).reduce(0) { $0 + $1.iov_len }
        let sent = SocketWrites.sendMessage(descriptor, &message, moreFollows | SocketWrites.flags)
        isUnsent = sent < total
        if sent < 0 { gnutls_transport_set_errno(session, errno) }
        return sent
    }

    private func failure(_ error: Int32) -> Int {
        errno = error
        return -1
    }
}

/// Where the sessions of a loop put bytes for as long as one call takes.
final class TLSBuffers {
    let receiving = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 16)
    let record = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)

    deinit {
        receiving.deallocate()
        record.deallocate()
    }
}

// File-scope functions: closure literals could inherit an actor's isolation and trap on a loop thread. The pointer is that of
// the session's object, which frees the session before it ends.

private func tlsSession(_ pointer: UnsafeMutableRawPointer) -> TLSSession {
    Unmanaged<TLSSession>.fromOpaque(pointer).takeUnretainedValue()
}

private func receiveForSession(
    _ pointer: UnsafeMutableRawPointer?,
    _ space: UnsafeMutableRawPointer?,
    _ count: Int
) -> Int {
    guard let pointer else { return -1 }
    return tlsSession(pointer).pull(UnsafeMutableRawBufferPointer(start: space, count: count))
}

private func sendForSession(_ pointer: UnsafeMutableRawPointer?, _ pieces: UnsafePointer<iovec>?, _ count: Int32) -> Int
{
    guard let pointer else { return -1 }
    return tlsSession(pointer).push(pieces, count)
}

/// Nobody waits here: the socket says whether it has something.
private func waitForSession(_ pointer: UnsafeMutableRawPointer?, _ milliseconds: UInt32) -> Int32 { 1 }

private func verifyForSession(_ session: gnutls_session_t?) -> Int32 {
    guard let session, let pointer = gnutls_session_get_ptr(session) else { return GNUTLS_E_CERTIFICATE_ERROR }
    return tlsSession(pointer).verify()
}

private func chooseForSession(_ session: gnutls_session_t?) -> Int32 {
    if let session, let pointer = gnutls_session_get_ptr(session) { tlsSession(pointer).choose() }
    return 0
}
