// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// One address of a host, with the port.
struct SocketAddress: Sendable, Equatable {
    /// The system's `sockaddr`.
    private let bytes: [UInt8]
    let family: Int32

    /// Whether a host is an address and not a name.
    static func isNumeric(_ host: UnsafePointer<CChar>) -> Bool {
        // Room for either family.
        var address = in6_addr()
        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    }

    /// The system's name service; what `find` gives belongs to the caller until `free` takes it back.
    struct NameService {
        typealias List = UnsafeMutablePointer<addrinfo>

        var find: (_ host: String, _ port: String, _ hints: addrinfo, _ list: inout List?) -> Int32
        var free: (List?) -> Void

        static var system: NameService {
            NameService(
                find: { host, port, hints, list in
                    var hints = hints
                    return getaddrinfo(host, port, &hints, &list)
                },
                free: { freeaddrinfo($0) }
            )
        }
    }

    /// Finds the addresses of a name, in the order in which they are to be tried; waits for the name service.
    ///
    /// The system orders them (RFC 6724); here the families take turns (RFC 8305, section 4), so that one that leads
    /// nowhere delays the other by one attempt only.
    static func all(of host: String, port: Int) throws(AMQPError) -> [SocketAddress] {
        try all(of: host, port: port, using: .system)
    }

    static func all(of host: String, port: Int, using service: NameService) throws(AMQPError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: NameService.List?
        let status = service.find(host, String(port), hints, &list)
        // Read at once: the next call may set it.
        let reason = errno
        guard status == 0 else { throw .resolving(host, status: status, reason: reason) }
        defer { service.free(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            // The list owns the address for as long as it is not freed.
            let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
            found.append(SocketAddress(bytes: Array(bytes), family: entry.ai_family))
            next = entry.ai_next
        }
        return inTurns(found)
    }

    static func inTurns(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first else { return [] }
        let own = addresses.filter { $0.family == first.family }
        let other = addresses.filter { $0.family != first.family }
        return (0..<max(own.count, other.count)).flatMap { own.dropFirst($0).prefix(1) + other.dropFirst($0).prefix(1) }
    }

    /// The number, as it is written.
    var text: String {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        withPointer { address, length in
            _ = getnameinfo(address, length, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
        }
        return String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A socket that is connecting to the address, or connected already; does not wait.
    func beginConnecting() throws(AMQPError) -> Int32 {
        let options = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, options, 0)
        guard descriptor >= 0 else { throw .connecting(reason: errno, to: text) }
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &yes, size)
        let status = withPointer { connect(descriptor, $0, $1) }
        let reason = errno
        guard status == 0 || reason == EINPROGRESS || reason == EINTR else {
            close(descriptor)
            throw .connecting(reason: reason, to: text)
        }
        return descriptor
    }

    private func withPointer<Value>(_ body: (UnsafePointer<sockaddr>?, socklen_t) -> Value) -> Value {
        bytes.withUnsafeBytes { body($0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count)) }
    }
}
