// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CBzip2

/// Data in the format of bzip2, which kombu's readers take under the name `application/x-bz2`.
public enum Bzip2 {
    /// The decompressed data; several streams one after the other count as one.
    ///
    /// - Throws: `tooLarge` as soon as more than `maximumBytes` come out, so that a small bomb costs no memory.
    public static func decompress(_ bytes: [UInt8], maximumBytes: Int) throws(Zlib.Failure) -> [UInt8] {
        var input = bytes
        var output: [UInt8] = []
        // The stream points into the array, so it is held in place for the whole run.
        try input.withUnsafeMutableBufferPointer { input throws(Zlib.Failure) in
            var rest = input[...]
            repeat { rest = try decompressStream(rest, &output, maximumBytes) } while !rest.isEmpty
        }
        return output
    }

    /// Reads one stream; returns what follows it.
    private static func decompressStream(
        _ input: Slice<UnsafeMutableBufferPointer<UInt8>>,
        _ output: inout [UInt8],
        _ maximumBytes: Int
    ) throws(Zlib.Failure) -> Slice<UnsafeMutableBufferPointer<UInt8>> {
        var stream = bz_stream()
        guard cbzip2_decompress_begin(&stream) == BZ_OK else { throw .corrupt }
        defer { BZ2_bzDecompressEnd(&stream) }
        let buffer = UnsafeMutableBufferPointer(rebasing: input)
        stream.next_in = UnsafeMutableRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: CChar.self)
        stream.avail_in = UInt32(clamping: buffer.count)
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let (status, count) = decompressOnce(&stream, &chunk)
            guard output.count + count <= maximumBytes else { throw .tooLarge }
            output.append(contentsOf: chunk.prefix(count))
            if status == BZ_STREAM_END { return input.suffix(Int(stream.avail_in)) }
            // No progress means that input is missing.
            guard status == BZ_OK, count > 0 || stream.avail_in > 0 else { throw .corrupt }
        }
    }

    private static func decompressOnce(_ stream: inout bz_stream, _ chunk: inout [UInt8]) -> (status: Int32, count: Int)
    {
        let size = chunk.count
        let status = chunk.withUnsafeMutableBytes { buffer in
            stream.next_out = buffer.assumingMemoryBound(to: CChar.self).baseAddress
            stream.avail_out = UInt32(size)
            return BZ2_bzDecompress(&stream)
        }
        return (status, size - Int(stream.avail_out))
    }
}
