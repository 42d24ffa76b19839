// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Why a file could not be read.
enum SmallFileError: Error, Equatable {
    case missing
    case unreadable(errno: Int32)
    case tooLarge(Int)

    var text: String {
        switch self {
        case .missing: "does not exist"
        case .unreadable(EACCES): "cannot be read: give the user that the gateway runs as the right to read it"
        // Right: the C library's text is copied before anything else can change it.
        case .unreadable(let number): "cannot be read: " + (unsafe String(cString: strerror(number)))
        case .tooLarge(let most): "is larger than \(most) bytes"
        }
    }
}

/// Files of configuration: read whole, and bounded.
enum SmallFile {
    static let maximumBytes = 1 << 20

    /// The bytes of a file.
    static func bytes(of path: String, atMost maximumBytes: Int = maximumBytes) throws(SmallFileError) -> [UInt8] {
        // Not blocking, lest a named pipe hold up the start for ever.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable(errno: errno)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            // Right: the kernel writes at most as many bytes as the buffer has, and the pointer stays in the closure.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR || (errno == EAGAIN && isReadable(descriptor)) { continue }
            guard count >= 0 else { throw .unreadable(errno: errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maximumBytes else { throw .tooLarge(maximumBytes) }
        }
    }

    /// The text of a file without the end of its last line.
    static func line(of path: String) throws(SmallFileError) -> String {
        var bytes = try bytes(of: path)[...]
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Waits for a pipe's writer, as of a shell's `<(…)`, but not for ever.
    private static func isReadable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Right: one entry is passed and one is counted; the kernel changes it during the call only.
        return unsafe poll(&entry, 1, 5000) > 0
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        // Right: the kernel fills the structure during the call.
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
