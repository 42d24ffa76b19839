// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

/// libmicrohttpd's form of an answer.
enum LibraryResponse {
    /// Puts the fields of an answer into the library's form of it; false when memory is short.
    ///
    /// The library takes one field a call and allocates three times for it. So all go in as one: the name of the first,
    /// and as its value all that follows in the head. The library takes no value with line ends, so another byte, which
    /// no field can hold, stands for each of them until the library has made its copy. `MHD_get_response_header` points
    /// to that copy, which lies on the library's heap until the end of the response, and the library sends it as it is,
    /// with the length it had.
    static func addFields(_ fields: ResponseFields, closes: Bool, to handle: OpaquePointer) -> Bool {
        let isAdded = fields.count == 0 || addLines(fields.lines, to: handle)
        if closes { MHD_add_response_header(handle, "Connection", "close") }
        return isAdded
    }

    private static let standIn: UInt8 = 1

    private static func addLines(_ lines: [UInt8], to handle: OpaquePointer) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: lines.count) { copy in
            guard let start = copy.baseAddress, let colon = lines.firstIndex(of: UInt8(ascii: ":")) else {
                return false
            }
            _ = copy.initialize(from: lines)
            start[colon] = 0
            // The end of the last line is the library's part.
            start[lines.count - 2] = 0
            replace(UInt8(ascii: "\r"), by: (standIn, standIn), in: start + colon + 1)
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
        let text = UnsafeMutableRawPointer(mutating: kept).assumingMemoryBound(to: UInt8.self)
        replace(standIn, by: (UInt8(ascii: "\r"), UInt8(ascii: "\n")), in: text)
        return true
    }

    /// Replaces a byte and the one after it by a pair, wherever it stands in a text that ends with NUL.
    private static func replace(_ byte: UInt8, by pair: (UInt8, UInt8), in text: UnsafeMutablePointer<UInt8>) {
        var position = UnsafeMutableRawPointer(text).assumingMemoryBound(to: CChar.self)
        while let found = strchr(position, Int32(byte)) {
            found[0] = CChar(bitPattern: pair.0)
            found[1] = CChar(bitPattern: pair.1)
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
