// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What tells two states of a file apart without reading it.
struct FileStamp: Sendable, Equatable {
    private var parts: [Int64] = []

    /// The present state of a file, behind whatever links lead to it; all missing files are the same.
    init(of path: String) {
        var status = stat()
        // Right: the kernel fills the structure during the call.
        guard unsafe stat(path, &status) == 0 else { return }
        parts = [
            Int64(bitPattern: UInt64(status.st_dev)), Int64(bitPattern: UInt64(status.st_ino)), Int64(status.st_size),
            Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec), Int64(status.st_ctim.tv_sec),
            Int64(status.st_ctim.tv_nsec),
        ]
    }

    /// A state given as a number, for tests.
    init(number: Int64) { parts = [number] }
}

/// Tells when files have changed and stopped changing: one that is being written must not be read.
struct FileChanges: Sendable {
    /// The state of the files when they were last read.
    private var read: [FileStamp]
    /// The state at the last look, if it differed from that.
    private var pending: [FileStamp]?

    init(_ stamps: [FileStamp]) { read = stamps }

    /// Compares with the last look; true when the files are to be read.
    mutating func look(_ stamps: [FileStamp]) -> Bool {
        guard stamps != read else {
            pending = nil
            return false
        }
        guard stamps == pending else {
            pending = stamps
            return false
        }
        (read, pending) = (stamps, nil)
        return true
    }
}
