// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Reads the small files and directories of `/proc` without Foundation.
enum ProcFile {
    /// The whole file as text, or nil when it cannot be read.
    static func text(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            // Right: the kernel writes at most as many bytes as the buffer has, and the pointer stays in the closure.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// The number of entries of a directory, or nil when it cannot be read.
    static func entryCount(of path: String) -> Int? {
        // Right: the stream is opened and closed here, and an entry is only compared with nil.
        guard let stream = unsafe opendir(path) else { return nil }
        defer { _ = unsafe closedir(stream) }
        var count = 0
        while unsafe readdir(stream) != nil { count += 1 }
        return max(0, count - 2)
    }
}
