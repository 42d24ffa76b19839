// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc
internal import Synchronization

// libmicrohttpd reads its sockets by calling `recv` through the dynamic linker, so a function of that name in the
// executable takes precedence. Ours reads the requests of our connections (see HTTPConnection+Reading) and does what
// `recv` does for every other socket. A test checks that it is used, and a server does not start where it is not.

/// Which connection reads a descriptor.
final class SocketReads: Sendable {
    static let all = SocketReads()
    /// A descriptor of this number or above gets no connection; Linux gives a process none so high unless `fs.nr_open`
    /// is raised.
    private static let limit = 1 << 20
    /// A bit that no object's address has: it tells writes whose bytes are to be encrypted from the many others.
    private static let speaksTLS: UInt = 1

    // Sound: the memory lives as long as the process, all bytes zero is the representation of an atomic nil, and entries
    // are atomic. An entry is set by the loop that owns the descriptor, and cleared before it is closed.
    private nonisolated(unsafe) let connections: UnsafeMutablePointer<Atomic<UInt>>?

    private init() {
        // Pages that are never touched cost nothing.
        let memory = calloc(Self.limit, MemoryLayout<Atomic<UInt>>.stride)
        connections = memory?.bindMemory(to: Atomic<UInt>.self, capacity: Self.limit)
    }

    /// Has a connection read its descriptor; false when there is no room for it.
    func add(_ connection: HTTPConnection) -> Bool {
        guard let connections, 0..<Self.limit ~= Int(connection.descriptor) else { return false }
        let address = UInt(bitPattern: Unmanaged.passUnretained(connection).toOpaque())
        let mark = connection.session == nil ? 0 : Self.speaksTLS
        connections[Int(connection.descriptor)].store(address | mark, ordering: .relaxed)
        return true
    }

    func remove(_ connection: HTTPConnection) {
        guard let connections, 0..<Self.limit ~= Int(connection.descriptor) else { return }
        connections[Int(connection.descriptor)].store(0, ordering: .relaxed)
    }

    /// The connection, which its loop keeps as long as the entry stands.
    func connection(of descriptor: Int32) -> HTTPConnection? {
        guard let connections, 0..<Self.limit ~= Int(descriptor) else { return nil }
        let address = connections[Int(descriptor)].load(ordering: .relaxed) & ~Self.speaksTLS
        guard let pointer = UnsafeRawPointer(bitPattern: address) else { return nil }
        return Unmanaged<HTTPConnection>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// The TLS of the connection; nil where it speaks none.
    func session(of descriptor: Int32) -> TLSSession? {
        guard let connections, 0..<Self.limit ~= Int(descriptor) else { return nil }
        let address = connections[Int(descriptor)].load(ordering: .relaxed)
        return address & Self.speaksTLS == 0 ? nil : connection(of: descriptor)?.session
    }

    /// Whether calls of `recv` from libraries come here.
    static var areOurs: Bool {
        // RTLD_DEFAULT and RTLD_NEXT, casts in C: the definition that comes first, and the one behind that in this image.
        dlsym(nil, "recv") != dlsym(UnsafeMutableRawPointer(bitPattern: -1), "recv")
    }
}

// Usable from inline only so that the symbol is exported.
@_cdecl("recv")
@usableFromInline
func readInPlaceOfLibrary(
    _ descriptor: Int32,
    _ buffer: UnsafeMutableRawPointer?,
    _ size: Int,
    _ flags: Int32
) -> Int {
    // The library reads without flags.
    guard flags == 0, let connection = SocketReads.all.connection(of: descriptor) else {
        return recvfrom(descriptor, buffer, size, flags, nil, nil)
    }
    switch connection.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size)) {
    case .bytes(let count): return count
    case .ended: return 0
    case .wait: return fail(EAGAIN)
    case .again: return fail(EINTR)
    case .failed(let error): return fail(error)
    }
}

private func fail(_ error: Int32) -> Int {
    errno = error
    return -1
}
