// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

/// An IPv4 or IPv6 address with its port.
struct SocketAddress: Sendable, Equatable {
    var host: String
    /// What tells clients apart: of an IPv6 address the network of 64 bits, since whoever has one address there has all of them.
    var network: String
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
                return Self(host: "", network: "", port: 0)
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

    private init(host: String, network: String, port: UInt16) {
        (self.host, self.network, self.port) = (host, network, port)
    }

    private init(family: Int32, address: UnsafeRawPointer, port: in_port_t) {
        let written = Self.text(family, address)
        // An IPv4 client of a socket for both families is to be the same client as on a socket for IPv4.
        let isMapped = written.hasPrefix("::ffff:") && written.contains(".")
        host = isMapped ? String(written.dropFirst(7)) : written
        network = family == AF_INET6 && !isMapped ? Self.network(of: address) : host
        self.port = UInt16(bigEndian: port)
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String {
        // 46 bytes hold the longest text of an IPv6 address and its NUL.
        var text = [CChar](repeating: 0, count: 46)
        _ = inet_ntop(family, address, &text, 46)
        return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    /// The first address of the network of 64 bits that an IPv6 address is in.
    private static func network(of address: UnsafeRawPointer) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        bytes.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: 8)) }
        return bytes.withUnsafeBytes { $0.baseAddress.map { text(AF_INET6, $0) } ?? "" }
    }
}
