// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

/// Makes Unix sockets that listen.
enum UnixSocket {
    /// Opens a socket at a path, in the place of one that a server left behind.
    static func open(
        _ path: String,
        mode: UInt32,
        backlog: Int32
    ) throws(HTTPServerError) -> (descriptor: Int32, file: SocketFile) {
        guard let address = UnixAddress(path) else {
            throw HTTPServerError(
                code: .invalidConfiguration,
                message: "'\(path)' cannot be the path of a Unix socket: use 1 to \(UnixAddress.longestPath) bytes"
            )
        }
        // Of two servers that start at one time the second would take the first one's socket, which does not listen yet,
        // for one that was left behind.
        let lock = DirectoryLock(ofFile: path)
        defer { lock.end() }
        try Occupant.makeWay(at: path, address)
        let descriptor = try make(path)
        do throws(HTTPServerError) {
            try bind(descriptor, address, path, mode: mode)
            // Nobody can connect before this, so the file has its mode by the time at which somebody can.
            guard listen(descriptor, backlog) == 0 else { throw failure(errno, path) }
        } catch {
            close(descriptor)
            throw error
        }
        return (descriptor, SocketFile(path))
    }

    private static func make(_ path: String) throws(HTTPServerError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw failure(errno, path) }
        return descriptor
    }

    /// The file is made with its mode, so that there is no moment at which it has another.
    private static func bind(
        _ descriptor: Int32,
        _ address: UnixAddress,
        _ path: String,
        mode: UInt32
    ) throws(HTTPServerError) {
        // Of the whole process, for as long as one call takes; no other part of it makes files.
        let old = umask(~mode & 0o777)
        let (result, error) = (address.withPointer { Glibc.bind(descriptor, $0, $1) }, errno)
        umask(old)
        guard result == 0 else { throw failure(error, path) }
    }

    private static func failure(_ error: Int32, _ path: String) -> HTTPServerError {
        let place = "the Unix socket '\(path)'"
        switch error {
        case ENOENT, ENOTDIR:
            return HTTPServerError(
                code: .addressNotAvailable,
                message: "\(place) cannot be made: make its directory first (RuntimeDirectory= in a unit of systemd)"
            )
        case EACCES, EPERM, EROFS:
            return HTTPServerError(
                code: .addressNotAvailable,
                message: "\(place) cannot be made: use a directory that this user may write to"
            )
        case EADDRINUSE:
            return HTTPServerError(
                code: .addressInUse,
                message: "\(place) is in use: stop the process that listens there, or choose another path"
            )
        default:
            return HTTPServerError(
                code: .outOfResources,
                message: "\(place) cannot be made (errno \(error)): raise the limit of open files"
            )
        }
    }
}

/// The address of a Unix socket.
struct UnixAddress {
    /// One byte less than the kernel's structure has, for the NUL.
    static let longestPath = 107
    private let address: sockaddr_un

    /// Nil for a path that is empty, too long or has a NUL.
    init?(_ path: String) {
        let bytes = Array(path.utf8)
        guard (1...Self.longestPath).contains(bytes.count), !bytes.contains(0) else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        self.address = address
    }

    /// Lends it to a function of the C library.
    func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// The path that a Unix socket is bound to; empty where it has none.
    static func path(ofSocket descriptor: Int32) -> String {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { return "" }
        return withUnsafeBytes(of: address.sun_path) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
