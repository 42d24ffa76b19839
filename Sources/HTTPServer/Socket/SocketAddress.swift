// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

/// An IPv4 or IPv6 address with its port.
struct SocketAddress: Sendable, Equatable {
    var host: String
    var port: UInt16

    /// Reads what the kernel wrote; an address of another family has an empty host.
    init(_ storage: sockaddr_storage) {
        var storage = storage
        self = withUnsafePointer(to: &storage) { pointer in
            let raw = UnsafeRawPointer(pointer)
            switch Int32(pointer.pointee.ss_family) {
            case AF_INET:
                let address = raw.assumingMemoryBound(to: sockaddr_in.self)
                let offset = MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) ?? 4
                return Self(family: AF_INET, address: raw + offset, port: address.pointee.sin_port)
            case AF_INET6:
                let address = raw.assumingMemoryBound(to: sockaddr_in6.self)
                let offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 8
                return Self(family: AF_INET6, address: raw + offset, port: address.pointee.sin6_port)
            default:
                return Self(host: "", port: 0)
            }
        }
    }

    /// The address that a socket is bound to.
    init(ofSocket descriptor: Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &storage) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        self.init(storage)
    }

    private init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    private init(family: Int32, address: UnsafeRawPointer, port: in_port_t) {
        // 46 bytes hold the longest text of an IPv6 address and its NUL.
        var text = [CChar](repeating: 0, count: 46)
        _ = inet_ntop(family, address, &text, 46)
        let written = text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        // An IPv4 client of a socket for both families is to be the same client as on a socket for IPv4.
        let isMapped = written.hasPrefix("::ffff:") && written.contains(".")
        self.host = isMapped ? String(written.dropFirst(7)) : written
        self.port = UInt16(bigEndian: port)
    }
}
