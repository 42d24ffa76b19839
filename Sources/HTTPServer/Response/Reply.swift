//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import CMicrohttpd

/// libmicrohttpd's form of an answer.
enum Reply {
    /// Puts the fields of an answer into the library's form of it.
    static func addFields(
        _ response: HTTPResponse,
        closes: Bool,
        to reply: OpaquePointer,
        onBadField: () -> Void
    ) {
        for field in response.fields {
            guard ReplyFields.isSendable(field), add(field, to: reply) else {
                onBadField()
                continue
            }
        }
        if closes { MHD_add_response_header(reply, "Connection", "close") }
    }

    /// The library copies both texts. Passing a `String` as it is would copy it once more, for each argument.
    private static func add(_ field: (name: String, value: String), to reply: OpaquePointer) -> Bool {
        field.name.withCString { name in
            field.value.withCString { value in MHD_add_response_header(reply, name, value) == .YES }
        }
    }

    /// Makes the library's response; the caller destroys it. Nil when memory is short.
    static func body(_ bytes: ArraySlice<UInt8>) -> OpaquePointer? {
        guard !bytes.isEmpty else { return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT) }
        let owner = Unmanaged.passRetained(BodyOwner(bytes))
        // The pointer outlives the closure. That is sound for a native array: its elements stay where they are for as
        // long as its storage lives, the owner keeps the storage, and nobody changes it.
        let start = bytes.withUnsafeBytes { UnsafeMutableRawPointer(mutating: $0.baseAddress) }
        let reply = MHD_create_response_from_buffer_with_free_callback_cls(
            bytes.count,
            start,
            releaseBody,
            owner.toOpaque()
        )
        if reply == nil { owner.release() }
        return reply
    }
}

private final class BodyOwner {
    let bytes: ArraySlice<UInt8>
    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }
}

// A file-scope function: a closure literal could inherit an actor's isolation and trap on a loop thread.
private func releaseBody(_ owner: UnsafeMutableRawPointer?) {
    if let owner { Unmanaged<BodyOwner>.fromOpaque(owner).release() }
}
