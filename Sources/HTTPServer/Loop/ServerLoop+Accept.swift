// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import CMicrohttpd
@preconcurrency internal import Glibc
internal import Logging
internal import Threads

extension ServerLoop {
    /// At most so many are accepted in a turn, so that open connections are served in between.
    private static let acceptsATurn = 64
    /// More than any backlog holds.
    private static let lastTurns = 1_024
    /// How long accepting rests when the process has no descriptor left.
    private static let restMilliseconds: UInt64 = 100

    /// Accepts from every listener that somebody has come to.
    func acceptConnections() {
        for listener in listeners where listener.hasCaller {
            listener.hasCaller = false
            acceptConnections(from: listener)
        }
    }

    private func acceptConnections(from listener: LoopListener) {
        guard listener.descriptor >= 0 else { return }
        for _ in 0..<Self.acceptsATurn {
            // Nobody is closed for a connection that is not there.
            guard !counters.isCrowded || Self.hasWaitingConnection(listener), let welcome = nextWelcome() else {
                return
            }
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let descriptor = Self.accept(listener, &storage, &length)
            guard descriptor >= 0 else {
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { restFromAccepting() }
                return
            }
            admit(descriptor, &storage, length, welcome, listener)
        }
    }

    /// Accepts all that the kernel holds for a listener: closing it would reset them, requests included.
    func acceptLastConnections(from listener: LoopListener) {
        guard listener.descriptor >= 0 else { return }
        listener.turnAway()
        for _ in 0..<Self.lastTurns {
            guard Self.hasConnectionArriving(listener) else { return }
            let count = connections.count
            acceptConnections(from: listener)
            guard connections.count > count else { return }
        }
    }

    /// Whether a connection waits, or comes of a handshake that another processor has just begun.
    private static func hasConnectionArriving(_ listener: LoopListener) -> Bool {
        let limit = Moment.now + .microseconds(300)
        while !hasWaitingConnection(listener) { if limit < .now { return false } }
        return true
    }

    private static func hasWaitingConnection(_ listener: LoopListener) -> Bool {
        var waiting = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) > 0
    }

    private static func accept(
        _ listener: LoopListener,
        _ storage: inout sockaddr_storage,
        _ length: inout socklen_t
    ) -> Int32 {
        withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.accept(listener.descriptor, $0, &length)
            }
        }
    }

    private func restFromAccepting() {
        restFromAccepting(milliseconds: Self.restMilliseconds)
        logger.debug("not accepting for a moment: no file descriptor is left")
    }

    private func admit(
        _ descriptor: Int32,
        _ storage: inout sockaddr_storage,
        _ length: socklen_t,
        _ welcome: Welcome,
        _ listener: LoopListener
    ) {
        let origin: ClientOrigin = listener.isUnix ? .user(of: descriptor) : ClientOrigin(storage)
        guard welcome != .refuse else {
            return refuse(descriptor, counters.refuse(.tooManyConnections), origin, listener)
        }
        switch counters.admit(origin.network) {
        case .refused(let reason): refuse(descriptor, reason, origin, listener)
        case .admitted:
            accepted = (origin, welcome == .serve ? .ordinary : placeInCrowd(for: origin.network), listener)
            let isAdded = withUnsafePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    MHD_add_connection(daemon, descriptor, $0, length)
                }
            }
            // In that case the library has closed the descriptor; if it had told us of a connection, it has also told
            // us of its end.
            if isAdded != .YES, let accepted { counters.release(accepted.origin.network) }
            accepted = nil
        }
    }

    private func refuse(
        _ descriptor: Int32,
        _ reason: HTTPFailure.Reason,
        _ origin: ClientOrigin,
        _ listener: LoopListener
    ) {
        // The request is not read, so the answer may come before it; lingering lets the client read the answer all the
        // same.
        let failure = handler.response(to: HTTPFailure(reason))
        // A client that waits for TLS could not read it.
        if tls == nil || listener.isUnix { DirectResponse.send(failure, to: descriptor) }
        lingering.add(descriptor, from: origin.network, now: now)
    }

    /// The library has taken a connection; called while `MHD_add_connection` runs.
    func connectionOpened(_ library: OpaquePointer) -> UnsafeMutableRawPointer {
        // There is one: the library opens none by itself.
        let (origin, place, listener) = accepted ?? (.unknown, .ordinary, listeners[0])
        let connection = HTTPConnection(
            library: library,
            loop: self,
            listener: listener,
            origin: origin,
            place: place
        )
        accepted = nil
        if let tls, !listener.isUnix { connection.expectTLS(tls) }
        // Otherwise the library would read what it must not see.
        if !SocketReads.all.add(connection) { shutdown(connection.descriptor, Int32(SHUT_RDWR)) }
        connection.position = connections.count
        connections.append(connection)
        return Unmanaged.passRetained(connection).toOpaque()
    }

    /// The library is about to close a connection's socket.
    func connectionClosed(_ connection: HTTPConnection) {
        connection.close()
        connection.detach()
        SocketReads.all.remove(connection)
        connection.place = .closed
        counters.release(connection.network)
        let last = connections.removeLast()
        guard last !== connection else { return }
        last.position = connection.position
        connections[connection.position] = last
    }
}
