// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

/// A bound socket that listens.
struct ListeningSocket {
    let descriptor: Int32
    let address: SocketAddress

    /// One socket for each loop, all on one port.
    static func open(_ configuration: HTTPServerConfiguration) throws(HTTPServerError) -> [ListeningSocket] {
        // With SO_REUSEPORT a second server of the same user would share our port unnoticed, so the port is first bound
        // without it.
        let alone = try bind(configuration, port: configuration.port, isShared: false)
        guard configuration.loopCount > 1 else { return [try alone.listening(configuration)] }
        alone.close()
        var sockets: [ListeningSocket] = []
        do throws(HTTPServerError) {
            for _ in 0..<configuration.loopCount {
                let bound = try bind(configuration, port: alone.address.port, isShared: true)
                sockets.append(try bound.listening(configuration))
            }
        } catch {
            for socket in sockets { socket.close() }
            throw error
        }
        return sockets
    }

    func close() { Glibc.close(descriptor) }

    private func listening(_ configuration: HTTPServerConfiguration) throws(HTTPServerError) -> ListeningSocket {
        guard listen(descriptor, configuration.backlog) == 0 else {
            let error = errno
            close()
            throw Self.failure(error, configuration)
        }
        return self
    }

    private static func bind(
        _ configuration: HTTPServerConfiguration,
        port: UInt16,
        isShared: Bool
    ) throws(HTTPServerError) -> ListeningSocket {
        guard let resolved = resolve(configuration.host, port) else {
            throw HTTPServerError(
                code: .unresolvableHost,
                message: "the host '\(configuration.host)' has no address: use one such as 127.0.0.1 or ::"
            )
        }
        defer { freeaddrinfo(resolved) }
        let info = resolved.pointee
        let type = info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(info.ai_family, type, info.ai_protocol)
        guard descriptor >= 0 else { throw failure(errno, configuration) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        if isShared { setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, 4) }
        guard Glibc.bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
            let error = errno
            Glibc.close(descriptor)
            throw failure(error, configuration)
        }
        return ListeningSocket(descriptor: descriptor, address: localAddress(descriptor))
    }

    private static func resolve(_ host: String, _ port: UInt16) -> UnsafeMutablePointer<addrinfo>? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var result: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &result) == 0 else { return nil }
        return result
    }

    private static func localAddress(_ descriptor: Int32) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &storage) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return SocketAddress(storage)
    }

    private static func failure(_ error: Int32, _ configuration: HTTPServerConfiguration) -> HTTPServerError {
        let place = "\(configuration.host) port \(configuration.port)"
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
