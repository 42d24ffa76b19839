// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The hosts that a server answers for.
///
/// To a browser, a page whose owner makes its name point to this machine (DNS rebinding) is of the same origin as this
/// server, and its requests carry that name. So a server on a loopback address answers for no names but its own.
struct AnsweredHosts: Sendable, Equatable {
    private let names: [[UInt8]]
    /// What clients on this machine usually write: compared first, as it stands.
    private let usual: [[UInt8]]
    private let isLoopback: Bool
    private let isOpen: Bool

    /// - Parameters:
    ///   - hosts: names and addresses besides those that the address gives, IPv6 in brackets; nil answers for all.
    ///   - address: The address that the server is bound to, without brackets.
    ///   - port: Its port.
    ///   - name: What it was told to listen on, a name or an address.
    init(_ hosts: [String]?, address: String, port: UInt16, name: String) {
        isLoopback = address == "::1" || Self.isLoopbackAddress(address.utf8)
        isOpen = hosts == nil || hosts == [] && !isLoopback
        let written = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        usual = isLoopback ? [Array(written.utf8), Array("localhost:\(port)".utf8)] : []
        names = ((hosts ?? []) + [name.contains(":") ? "[\(name)]" : name]).map {
            $0.utf8.map(RequestFields.lowercased)
        }
    }

    /// Those of a Unix socket: all, unless some are named, since no page's name can point to one.
    ///
    /// - Parameter hosts: as above; `localhost`, which clients write there, is always one of them.
    init(ofUnixSocket hosts: [String]?) {
        isLoopback = true
        isOpen = hosts?.isEmpty ?? true
        usual = [Array("localhost".utf8)]
        names = (hosts ?? []).map { $0.utf8.map(RequestFields.lowercased) }
    }

    /// Whether a host, with or without a port, is one of them. An empty one is too: no browser sends it.
    func contains(_ host: UnsafeRawBufferPointer) -> Bool {
        if isOpen || host.isEmpty { return true }
        for name in usual where Self.isEqual(name, host) { return true }
        return isListed(host)
    }

    /// The same for a host that is kept in memory of its own.
    func contains(_ host: some Sequence<UInt8>) -> Bool { Array(host).withUnsafeBytes { contains($0) } }

    private static func isEqual(_ name: [UInt8], _ host: UnsafeRawBufferPointer) -> Bool {
        guard name.count == host.count else { return false }
        for index in 0..<host.count where name[index] != host[index] { return false }
        return true
    }

    @inline(never)
    private func isListed(_ host: UnsafeRawBufferPointer) -> Bool {
        let name = Self.withoutPort(host)
        if isLoopback, Self.isLoopbackAddress(name) || Self.isSame(name, "localhost".utf8) { return true }
        if isLoopback, Self.isSame(name, "[::1]".utf8) { return true }
        return names.contains { Self.isSame(name, $0) }
    }

    /// Removes the trailing dot of an absolute name as well.
    private static func withoutPort(_ host: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
        guard host.first != UInt8(ascii: "[") else {
            return host.firstIndex(of: UInt8(ascii: "]")).map { host[...$0] } ?? host[...]
        }
        let name = host.prefix { $0 != UInt8(ascii: ":") }
        return name.last == UInt8(ascii: ".") ? name.dropLast() : name
    }

    private static func isSame(_ name: some Collection<UInt8>, _ lowercaseName: some Collection<UInt8>) -> Bool {
        name.elementsEqual(lowercaseName) { RequestFields.lowercased($0) == $1 }
    }

    /// Whether it is an IPv4 address of 127.0.0.0/8 as browsers write it, and not a name that only begins so.
    private static func isLoopbackAddress(_ text: some Collection<UInt8>) -> Bool {
        text.starts(with: "127.".utf8) && text.allSatisfy { $0 == UInt8(ascii: ".") || $0 &- 0x30 <= 9 }
    }
}
