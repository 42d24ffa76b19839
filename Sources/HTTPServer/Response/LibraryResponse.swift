// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

/// libmicrohttpd's form of an answer.
enum LibraryResponse {
    /// Puts the fields of an answer into the library's form of it; false when memory is short.
    ///
    /// The library takes one field a call and allocates three times for it. So all go in as one: the name of the first,
    /// and as its value all that follows in the head. The line ends, which no value may have, are put in once the library
    /// has made its copy. `MHD_get_response_header` points to that copy, which lies on the library's heap until the end of
    /// the response, and the library sends it as it is, with the length it had.
    static func addFields(_ fields: ResponseFields, closes: Bool, to handle: OpaquePointer) -> Bool {
        let isAdded = fields.count == 0 || addLines(fields.lines, to: handle)
        if closes { MHD_add_response_header(handle, "Connection", "close") }
        return isAdded
    }

    private static func addLines(_ lines: [UInt8], to handle: OpaquePointer) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: lines.count) { copy in
            guard let start = copy.baseAddress, let colon = lines.firstIndex(of: UInt8(ascii: ":")) else {
                return false
            }
            _ = copy.initialize(from: lines)
            start[colon] = 0
            // The end of the last line is the library's part.
            start[lines.count - 2] = 0
            return UnsafeRawPointer(start).withMemoryRebound(to: CChar.self, capacity: lines.count) { text in
                addLine(text, text + colon + 2, to: handle)
            }
        }
    }

    private static func addLine(
        _ name: UnsafePointer<CChar>,
        _ value: UnsafePointer<CChar>,
        to handle: OpaquePointer
    ) -> Bool {
        guard MHD_add_response_header(handle, name, value) == .YES,
            let kept = MHD_get_response_header(handle, name)
        else { return false }
        putLineEnds(into: UnsafeMutablePointer(mutating: kept))
        return true
    }

    /// Puts CR LF in place of what stands for it in a text that ends with NUL.
    private static func putLineEnds(into text: UnsafeMutablePointer<CChar>) {
        var position = text
        while let found = strchr(position, Int32(ResponseFields.lineEnd)) {
            found[0] = CChar(UInt8(ascii: "\r"))
            found[1] = CChar(UInt8(ascii: "\n"))
            position = found + 2
        }
    }

    /// Makes the library's response; the caller destroys it. Nil when memory is short.
    ///
    /// - Parameter owner: what keeps the body for as long as the library needs it, if there is such an object already.
    static func body(_ bytes: ArraySlice<UInt8>, keptBy owner: BodyOwner?) -> OpaquePointer? {
        guard !bytes.isEmpty else { return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT) }
        let keeper = owner ?? BodyOwner()
        keeper.body = bytes
        let owner = Unmanaged.passRetained(keeper)
        // The pointer outlives the closure. That is sound for a native array: its elements stay where they are for as
        // long as its storage lives, the owner keeps the storage, and nobody changes it.
        let start = bytes.withUnsafeBytes { UnsafeMutableRawPointer(mutating: $0.baseAddress) }
        let handle = MHD_create_response_from_buffer_with_free_callback_cls(
            bytes.count,
            start,
            releaseBody,
            owner.toOpaque()
        )
        if handle == nil { owner.release() }
        return handle
    }
}

/// Keeps a body for as long as the library points to it.
class BodyOwner {
    /// Set once, on the loop's thread.
    final var body: ArraySlice<UInt8> = []
}

/// The same, with an object that is to live as long as the body.
final class AccompaniedBody: BodyOwner {
    private let object: any AnyObject & Sendable

    init(with object: any AnyObject & Sendable) { self.object = object }
}

// A file-scope function: a closure literal could inherit an actor's isolation and trap on a loop thread.
private func releaseBody(_ owner: UnsafeMutableRawPointer?) {
    if let owner { Unmanaged<BodyOwner>.fromOpaque(owner).release() }
}
