// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

/// Sockets of TCP that listen, one for each loop, all on one port.
enum TCPSockets {
    private struct Socket {
        let descriptor: Int32
        let address: SocketAddress
    }

    /// Opens one for each loop of the configuration.
    static func open(
        _ host: String,
        _ port: UInt16,
        _ configuration: HTTPServerConfiguration
    ) throws(HTTPServerError) -> (descriptors: [Int32], address: SocketAddress) {
        // With SO_REUSEPORT a second server of the same user would share our port unnoticed, so the port is first bound
        // without it.
        let alone = try bind(host, port, isShared: false)
        guard configuration.loopCount > 1 else {
            try listen(alone, configuration.backlog)
            return ([alone.descriptor], alone.address)
        }
        close(alone.descriptor)
        var descriptors: [Int32] = []
        do throws(HTTPServerError) {
            for _ in 0..<configuration.loopCount {
                let bound = try bind(host, alone.address.port, isShared: true)
                try listen(bound, configuration.backlog)
                descriptors.append(bound.descriptor)
            }
        } catch {
            for descriptor in descriptors { close(descriptor) }
            throw error
        }
        return (descriptors, alone.address)
    }

    /// Closes it where that fails.
    private static func listen(_ socket: Socket, _ backlog: Int32) throws(HTTPServerError) {
        guard Glibc.listen(socket.descriptor, backlog) == 0 else {
            let error = errno
            close(socket.descriptor)
            throw failure(error, socket.address.host, socket.address.port)
        }
    }

    private static func bind(_ host: String, _ port: UInt16, isShared: Bool) throws(HTTPServerError) -> Socket {
        guard let resolved = resolve(host, port) else {
            throw HTTPServerError(
                code: .unresolvableHost,
                message: "the host '\(host)' has no address: use one such as 127.0.0.1 or ::"
            )
        }
        defer { freeaddrinfo(resolved) }
        let info = resolved.pointee
        let type = info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(info.ai_family, type, info.ai_protocol)
        guard descriptor >= 0 else { throw failure(errno, host, port) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        if isShared { setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, 4) }
        guard Glibc.bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
            let error = errno
            close(descriptor)
            throw failure(error, host, port)
        }
        return Socket(descriptor: descriptor, address: SocketAddress(ofSocket: descriptor))
    }

    private static func resolve(_ host: String, _ port: UInt16) -> UnsafeMutablePointer<addrinfo>? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var result: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &result) == 0 else { return nil }
        return result
    }

    private static func failure(_ error: Int32, _ host: String, _ port: UInt16) -> HTTPServerError {
        let place = "\(host) port \(port)"
        switch error {
        case EADDRINUSE:
            return HTTPServerError(
                code: .addressInUse,
                message: "\(place) is in use: stop the process that listens there, or choose another port"
            )
        case EADDRNOTAVAIL, EACCES, EAFNOSUPPORT:
            return HTTPServerError(
                code: .addressNotAvailable,
                message: "\(place) cannot be bound: use an address of this machine, and a port from 1024 without rights"
            )
        default:
            return HTTPServerError(
                code: .outOfResources,
                message: "\(place) cannot be bound (errno \(error)): raise the limit of open files"
            )
        }
    }
}
