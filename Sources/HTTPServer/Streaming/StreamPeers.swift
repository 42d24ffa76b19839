// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
@preconcurrency internal import Glibc

/// The sockets of streams, watched for clients that go away while libmicrohttpd has their connections suspended.
///
/// Watched is for the end of the client's sending side too, which a client of a stream has no reason to end before the
/// stream. Loop thread only.
final class StreamPeers {
    private static let eventsATurn = 64

    /// To be polled for readability; -1, which `poll` passes over, until the first stream.
    private(set) var fileDescriptor: Int32 = -1
    private var watched: [Int32: HTTPConnection] = [:]

    deinit { if fileDescriptor >= 0 { close(fileDescriptor) } }

    /// Begins to watch; without a descriptor for it, a client's end is noticed by the next write only.
    func add(_ connection: HTTPConnection) {
        if fileDescriptor < 0 { fileDescriptor = clinux_epoll_create() }
        var event = epoll_event()
        // Once: the stream is then cut, and the socket stays readable until it is closed.
        event.events = EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue
        event.data.fd = connection.descriptor
        guard epoll_ctl(fileDescriptor, EPOLL_CTL_ADD, connection.descriptor, &event) == 0 else { return }
        watched[connection.descriptor] = connection
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
        for event in events.prefix(Int(count)) { watched[event.data.fd]?.streamPeerEnded() }
    }
}
