// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
@preconcurrency internal import Glibc

/// Where a connection comes from.
struct ClientOrigin {
    /// The numeric address of the peer; of the peer of a Unix socket `unix:` and the number of its user.
    let address: String
    /// What tells clients apart: the address, but of IPv6 the network of 64 bits that it is in.
    let network: String

    /// Of a connection of TCP.
    init(_ storage: sockaddr_storage) {
        let socket = SocketAddress(storage)
        (address, network) = (socket.host, socket.network)
    }

    private init(_ address: String) { (self.address, network) = (address, address) }

    /// Of a connection to a Unix socket: peers of one user are one client.
    static func user(of descriptor: Int32) -> ClientOrigin { ClientOrigin("unix:\(clinux_peer_user(descriptor))") }

    static let unknown = ClientOrigin("")
}
