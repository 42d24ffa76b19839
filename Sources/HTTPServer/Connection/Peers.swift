// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
@preconcurrency internal import Glibc

/// The sockets of clients that wait for an answer or read a stream, watched so that those who leave are noticed while
/// libmicrohttpd has their connections suspended. Loop thread only.
final class Peers {
    private static let eventsATurn = 64

    /// To be polled for readability; -1 until the first is watched.
    private(set) var fileDescriptor: Int32 = -1
    private var watched: [Int32: HTTPConnection] = [:]

    deinit { if fileDescriptor >= 0 { close(fileDescriptor) } }

    /// Begins to watch for the end of the client's sending side; false when there is no descriptor for it; then only
    /// the next write notices a client's end.
    func add(_ connection: HTTPConnection) -> Bool {
        if fileDescriptor < 0 { fileDescriptor = clinux_epoll_create() }
        // Watched for once only: it is reported until the socket is closed.
        guard control(EPOLL_CTL_ADD, connection, EPOLLRDHUP.rawValue) else { return false }
        watched[connection.descriptor] = connection
        return true
    }

    /// Goes on watching a client that has ended its sending side, for the loss of its connection.
    func awaitLoss(of connection: HTTPConnection) { _ = control(EPOLL_CTL_MOD, connection, 0) }

    private func control(_ operation: Int32, _ connection: HTTPConnection, _ events: UInt32) -> Bool {
        var event = epoll_event()
        event.events = events | EPOLLONESHOT.rawValue
        event.data.fd = connection.descriptor
        return epoll_ctl(fileDescriptor, operation, connection.descriptor, &event) == 0
    }

    /// Ends the watch, while the descriptor is still the connection's.
    func remove(_ connection: HTTPConnection) {
        guard watched.removeValue(forKey: connection.descriptor) != nil else { return }
        epoll_ctl(fileDescriptor, EPOLL_CTL_DEL, connection.descriptor, nil)
    }

    /// Tells the connections whose clients have gone.
    func turn() {
        var events = [epoll_event](repeating: epoll_event(), count: Self.eventsATurn)
        let count = epoll_wait(fileDescriptor, &events, Int32(events.count), 0)
        guard count > 0 else { return }
        for event in events.prefix(Int(count)) {
            let isLost = event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
            watched[event.data.fd]?.peerEnded(isLost: isLost)
        }
    }
}
