// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

// libmicrohttpd answers what it cannot read with HTML pages of its own and has no option to change them. It queues them
// by calling its own exported function through the dynamic linker, so a function of that name in the executable comes
// first. Ours gives the client the application's answer; everything else goes on to the library's function, the page
// too: the library relies on having a response, and finds out by EPIPE that it is not wanted.
//
// This works as long as libmicrohttpd is a shared library without -Bsymbolic, which a test checks. Where it is not, the
// pages are the library's, with the right status. Linked as a static library, the name would be defined twice and the
// link fail, which is how one would notice. Our own answers call the library's function directly.

/// The library's own function, past the one below.
let libraryQueueFunction: cmicrohttpd_queue_function? = {
    // RTLD_NEXT, a cast in C: the next definition after the one in this image.
    let next = UnsafeMutableRawPointer(bitPattern: -1)
    return dlsym(next, "MHD_queue_response").map { unsafeBitCast($0, to: cmicrohttpd_queue_function.self) }
}()

// Usable from inline only so that the symbol is exported; there is one user of libmicrohttpd in a process, this module,
// so the context is always one of our connections.
@_cdecl("MHD_queue_response")
@usableFromInline
func replaceLibraryErrorPage(
    _ connection: OpaquePointer?,
    _ status: UInt32,
    _ handle: OpaquePointer?
) -> Int32 {
    if let connection, let context = cmicrohttpd_socket_context(connection) {
        Unmanaged<HTTPConnection>.fromOpaque(context).takeUnretainedValue().answerLibraryError(status)
    }
    return (libraryQueueFunction?(connection, status, handle) ?? .NO) == .YES ? 1 : 0
}
