// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

/// Sockets that listen already when the process is started.
enum InheritedSocket {
    /// Where a descriptor listens; nil when it is no socket of TCP or of the Unix family that listens for streams.
    static func address(_ descriptor: Int32) -> BoundAddress? {
        guard option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue), option(SO_ACCEPTCONN, of: descriptor) == 1
        else { return nil }
        switch option(SO_DOMAIN, of: descriptor) {
        case AF_INET, AF_INET6:
            let address = SocketAddress(ofSocket: descriptor)
            return .tcp(host: address.host, port: address.port)
        case AF_UNIX: return .unix(path: UnixAddress.path(ofSocket: descriptor))
        default: return nil
        }
    }

    /// Makes a descriptor fit for a loop, and keeps it from children.
    static func takeOver(_ descriptor: Int32) throws(HTTPServerError) -> BoundAddress {
        let flags = fcntl(descriptor, F_GETFL)
        guard let address = address(descriptor), flags >= 0,
            fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else {
            throw HTTPServerError(
                code: .invalidConfiguration,
                message: "descriptor \(descriptor) is no socket that listens: in a .socket unit use ListenStream="
            )
        }
        return address
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}
