// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CZlib

/// Data in the format of RFC 1950, which is what kombu sends under the name gzip.
public enum Zlib {
    /// Why data cannot be decompressed.
    public enum Failure: Error, Sendable, Equatable {
        /// It is not zlib or gzip data, or it is cut short.
        case corrupt
        /// It grows beyond the limit.
        case tooLarge
    }

    /// The data compressed as Python's `zlib.compress` does it.
    public static func compress(_ bytes: [UInt8]) -> [UInt8] {
        var length = compressBound(uLong(bytes.count))
        var output = [UInt8](repeating: 0, count: Int(length))
        // Cannot fail: the buffer has the size that the library asks for, and the level is its default.
        _ = CZlib.compress(&output, &length, bytes, uLong(bytes.count))
        return Array(output.prefix(Int(length)))
    }

    /// The decompressed data.
    ///
    /// - Parameter takesSeveral: whether what follows is taken as more of the same (RFC 1952, section 2.2); otherwise
    ///   it is ignored.
    /// - Throws: `tooLarge` as soon as more than `maximumBytes` come out, so that a small bomb costs no memory.
    public static func decompress(
        _ bytes: [UInt8],
        maximumBytes: Int,
        takesSeveral: Bool = false
    ) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        guard czlib_inflate_begin(&stream) == Z_OK else { throw .corrupt }
        defer { inflateEnd(&stream) }
        var input = bytes
        // The stream points into both arrays, so they are held in place for the whole run.
        return try input.withUnsafeMutableBufferPointer { input throws(Failure) -> [UInt8] in
            stream.next_in = input.baseAddress
            stream.avail_in = uInt(input.count)
            return try inflateAll(&stream, maximumBytes: maximumBytes, takesSeveral: takesSeveral)
        }
    }

    private static func inflateAll(
        _ stream: inout z_stream,
        maximumBytes: Int,
        takesSeveral: Bool
    ) throws(Failure) -> [UInt8] {
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let (status, count) = inflateOnce(&stream, &chunk)
            guard output.count + count <= maximumBytes else { throw .tooLarge }
            output.append(contentsOf: chunk.prefix(count))
            if status == Z_STREAM_END {
                guard takesSeveral, stream.avail_in > 0 else { return output }
                guard inflateReset(&stream) == Z_OK else { throw .corrupt }
                continue
            }
            // No progress means that input is missing.
            guard status == Z_OK, count > 0 || stream.avail_in > 0 else { throw .corrupt }
        }
    }

    private static func inflateOnce(_ stream: inout z_stream, _ chunk: inout [UInt8]) -> (status: Int32, count: Int) {
        let size = chunk.count
        let status = chunk.withUnsafeMutableBufferPointer { buffer in
            stream.next_out = buffer.baseAddress
            stream.avail_out = uInt(size)
            return inflate(&stream, Z_NO_FLUSH)
        }
        return (status, size - Int(stream.avail_out))
    }
}
