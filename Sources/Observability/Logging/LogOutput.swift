// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Threads

/// Where a log handler's lines go.
public protocol LogOutput: Sendable {
    /// Takes one whole line, including its line feed; called from any thread.
    func write(line: [UInt8])
}

/// Writes each line with one `write(2)` to a file descriptor, and never mixes two lines.
///
/// A full pipe makes the writer wait, unless the descriptor is non-blocking: then the line is dropped, as logging must
/// not stop the service.
public final class DescriptorLogOutput: LogOutput {
    /// Standard error, the usual place.
    public static let standardError = DescriptorLogOutput(fileDescriptor: STDERR_FILENO)

    private let fileDescriptor: Int32
    /// True when the last line was cut short, so that the next one must begin with a line feed.
    private let isTorn = Guarded<Bool>(false)

    /// Writes to a descriptor that the caller keeps open.
    public init(fileDescriptor: Int32) {
        self.fileDescriptor = fileDescriptor
    }

    /// Writes one line.
    ///
    /// The lock is held while writing, because a line longer than a pipe's atomic 4096 bytes may need several turns of
    /// the kernel.
    public func write(line: [UInt8]) {
        isTorn.withLock { isTorn in
            let bytes = isTorn ? [0x0A] + line : line
            let written = writeAll(bytes)
            if written > 0 { isTorn = written < bytes.count }
        }
    }

    /// The number of bytes that could be written.
    private func writeAll(_ bytes: [UInt8]) -> Int {
        var done = 0
        while done < bytes.count {
            // Right: the pointer covers the array's own bytes and does not leave the closure.
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                return unsafe Glibc.write(fileDescriptor, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return done }
            done += count
        }
        return done
    }
}
