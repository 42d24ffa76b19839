// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

// While a request waits, libmicrohttpd leaves its socket alone. A client that closes the connection meanwhile is
// noticed by a watch of our own, which only those requests get that wait for longer than most.
extension HTTPConnection {
    /// Begins to watch whether the client stays, unless that has to wait for the next sweep.
    func watchClient() {
        guard loop.takeWatch() else { return }
        isWatched = loop.peers.add(self)
        loop.watchPeers()
    }

    func endWatch() {
        loop.peers.remove(self)
        isWatched = false
    }

    /// The client has ended its sending side, or the connection is lost.
    func peerEnded(isLost: Bool) {
        if stage.stream != nil { return streamPeerEnded() }
        guard case .waiting(let pending) = stage, pending.isWaiting else { return }
        if isLost { clientHasGone(pending) } else { askPeer() }
    }

    /// Finds out whether a client that will send no more still reads: the kernel of one that does not answers with a reset.
    ///
    /// A client has to pass over interim answers that it did not ask for (RFC 9110, section 15.2), and all know this
    /// one. HTTP/1.0 has none: such a client is assumed to wait.
    private func askPeer() {
        if !libraryHead.isHTTP10 { sendContinue() }
        loop.peers.awaitLoss(of: self)
    }

    /// The library has closed the connection while a request was on it, which it may not know of.
    func dropRequest() {
        guard case .waiting(let pending) = stage else { return }
        clientHasGone(pending)
        guard case .waiting = stage else { return }
        // It has been answered, and the answer was about to be sent.
        if isWatched { endWatch() }
        stage = .deserted
        loop.counters.requestsInFlight.subtract(1, ordering: .relaxed)
        pending.abandon(.clientGone)
    }

    private func clientHasGone(_ pending: PendingRequest) {
        // Otherwise its answer is about to be sent, and that fails.
        guard pending.giveUp() else { return }
        if isWatched { endWatch() }
        stage = .deserted
        loop.counters.requestsInFlight.subtract(1, ordering: .relaxed)
        loop.wakeLater(self)
        switch pending.departure {
        case .nothing: break
        case .told(let first, let second): loop.handler.clientHasGone(first, second)
        case .action(let action): action()
        }
    }
}
