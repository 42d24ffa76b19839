// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Names
import Threads

/// A listener on a free loopback port; each connection runs the script on a thread of its own.
final class LoopbackServer: Sendable {
    let port: Int
    private let descriptor: Int32
    private let sockets = Guarded<Set<Int32>>([])

    init(address host: UInt32 = 0x7F00_0001, port wanted: Int = 0, _ script: @escaping @Sendable (LoopbackPeer) -> Void)
    {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = host.bigEndian
        address.sin_port = UInt16(wanted).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        precondition(bound, "no loopback port could be bound")
        port = Int(UInt16(bigEndian: address.sin_port))
        self.descriptor = descriptor
        // Without a thread and descriptors there is nothing to test.
        // swift-format-ignore: NeverUseForceTry
        _ = try! OwnedThread(name: "test-server") { [sockets] in
            LoopbackServer.acceptAll(descriptor, sockets, script)
        }
    }

    /// Ends every connection, with a reset when asked, and takes no more.
    ///
    /// The descriptors are closed by the threads that use them: a number closed here could be another test's a moment
    /// later.
    func stop(reset: Bool = false) {
        shutdown(descriptor, Int32(SHUT_RDWR))
        sockets.withLock { sockets in
            for socket in sockets {
                var linger = linger(l_onoff: reset ? 1 : 0, l_linger: 0)
                setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                shutdown(socket, Int32(reset ? SHUT_RD : SHUT_RDWR))
            }
        }
    }

    private static func acceptAll(
        _ descriptor: Int32,
        _ sockets: Guarded<Set<Int32>>,
        _ script: @escaping @Sendable (LoopbackPeer) -> Void
    ) {
        while true {
            let socket = accept(descriptor, nil, nil)
            guard socket >= 0 else { break }
            sockets.withLock { _ = $0.insert(socket) }
            // Without a thread and descriptors there is nothing to test.
            // swift-format-ignore: NeverUseForceTry
            _ = try! OwnedThread(name: "test-peer") {
                script(LoopbackPeer(descriptor: socket))
                // Under the lock, so that `stop` never meets a closed number.
                sockets.withLock { sockets in
                    sockets.remove(socket)
                    close(socket)
                }
            }
        }
        close(descriptor)
    }
}

/// The server's end of one connection.
struct LoopbackPeer: Sendable {
    let descriptor: Int32

    /// Reads exactly so many bytes; nil when the other side ended before.
    func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var offset = 0
        while offset < count {
            let received = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress! + offset, count - offset, 0)
            }
            guard received > 0 else { return nil }
            offset += received
        }
        return bytes
    }

    /// Reads what there is; nil at the end.
    func readSome() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let received = recv(descriptor, &bytes, bytes.count, 0)
        return received > 0 ? Array(bytes[..<received]) : nil
    }

    func write(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let sent = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            offset += sent
        }
    }
}

extension LoopbackPeer {
    /// Ends both directions.
    func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Neither reads nor writes for a while; returns early when the other side is gone.
    func pause(until instant: Moment) {
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        let seconds = (instant - .now).components.seconds
        // Less than nothing would be for ever.
        poll(&entry, 1, Int32(max(0, seconds * 1000 + 1000)))
    }
}
