// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Names
import Threads

/// Forwards TCP to a broker, and can stop forwarding or break the connections.
final class Forwarder: Sendable {
    private let server: LoopbackServer
    private let isHanging: Guarded<Bool>

    var port: Int { server.port }

    init(to port: Int) {
        let isHanging = Guarded(false)
        self.isHanging = isHanging
        server = LoopbackServer { peer in
            guard let upstream = Forwarder.connect(to: port) else { return }
            // Without a thread and descriptors there is nothing to test.
            // swift-format-ignore: NeverUseForceTry
            let back = try! OwnedThread(name: "test-forward") { Forwarder.copy(upstream, peer, isHanging) }
            Forwarder.copy(peer, upstream, isHanging)
            upstream.end()
            back.join()
            close(upstream.descriptor)
        }
    }

    /// Swallows everything from now on; the sockets stay open.
    func hang() { isHanging.withLock { $0 = true } }

    /// Resets the connections.
    func reset() { server.stop(reset: true) }

    private static func copy(_ source: LoopbackPeer, _ target: LoopbackPeer, _ isHanging: Guarded<Bool>) {
        while let bytes = source.readSome() {
            if !isHanging.withLock({ $0 }) { target.write(bytes) }
        }
        // The reset, if one was asked for, comes when the descriptor is closed.
        shutdown(target.descriptor, Int32(SHUT_RD))
    }

    private static func connect(to port: Int) -> LoopbackPeer? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        return connected ? LoopbackPeer(descriptor: descriptor) : nil
    }
}
