// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd

/// libmicrohttpd's form of an answer whose length is not known: chunked in HTTP/1.1, up to the close in HTTP/1.0.
enum LibraryStream {
    // The library's macros are casts, which Swift does not import.
    static let unknownSize = UInt64.max
    static let endOfStream = -1
    static let endWithError = -2
    /// The block size in which HTTP/1.0 answers are read; chunks are made in the connection's own memory.
    private static let blockBytes = 2_048

    /// Makes the library's response, which asks the connection for its body; nil when memory is short.
    static func make(for connection: HTTPConnection) -> OpaquePointer? {
        let owner = Unmanaged.passRetained(connection)
        let handle = MHD_create_response_from_callback(
            unknownSize,
            blockBytes,
            fillBody,
            owner.toOpaque(),
            releaseConnection
        )
        if handle == nil { owner.release() }
        return handle
    }
}

// File-scope functions: closure literals could inherit an actor's isolation and trap on a loop thread.
private func fillBody(
    _ owner: UnsafeMutableRawPointer?,
    _ position: UInt64,
    _ space: UnsafeMutablePointer<CChar>?,
    _ size: Int
) -> Int {
    guard let owner, let space else { return LibraryStream.endWithError }
    let connection = Unmanaged<HTTPConnection>.fromOpaque(owner).takeUnretainedValue()
    return connection.fill(UnsafeMutableRawBufferPointer(start: space, count: size))
}

private func releaseConnection(_ owner: UnsafeMutableRawPointer?) {
    if let owner { Unmanaged<HTTPConnection>.fromOpaque(owner).release() }
}
