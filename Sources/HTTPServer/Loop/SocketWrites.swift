// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import CMicrohttpd
@preconcurrency internal import Glibc

// libmicrohttpd writes to its sockets by calling `send` and `sendmsg` through the dynamic linker, so functions of these
// names in the executable take precedence, as our `recv` does (see SocketReads). Ours encrypt what goes to a connection
// that speaks TLS, and do what the others do for every other socket.

/// Writing to sockets past the functions below.
enum SocketWrites {
    /// What every write of the server's has.
    static let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)

    /// `sendmsg`, as the kernel has it.
    static func sendMessage(_ descriptor: Int32, _ message: UnsafeRawPointer?, _ flags: Int32) -> Int {
        clinux_sendmsg(descriptor, message, flags)
    }

    /// Whether calls of both functions from libraries come here.
    static var areOurs: Bool {
        // RTLD_DEFAULT and RTLD_NEXT, casts in C: the definition that comes first, and the one behind that in this image.
        let next = UnsafeMutableRawPointer(bitPattern: -1)
        return dlsym(nil, "send") != dlsym(next, "send") && dlsym(nil, "sendmsg") != dlsym(next, "sendmsg")
    }
}

// Usable from inline only so that the symbols are exported.
@_cdecl("send")
@usableFromInline
func sendInPlaceOfLibrary(
    _ descriptor: Int32,
    _ bytes: UnsafeRawPointer?,
    _ count: Int,
    _ flags: Int32
) -> Int {
    guard let session = SocketReads.all.session(of: descriptor) else {
        return sendto(descriptor, bytes, count, flags, nil, 0)
    }
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    return session.send(UnsafeRawBufferPointer(start: bytes, count: count), nothing, flags: flags)
}

@_cdecl("sendmsg")
@usableFromInline
func sendMessageInPlaceOfLibrary(_ descriptor: Int32, _ message: UnsafeRawPointer?, _ flags: Int32) -> Int {
    guard let session = SocketReads.all.session(of: descriptor) else {
        return clinux_sendmsg(descriptor, message, flags)
    }
    // The library sends a head and a body, as the declaration of `sendmsg` says: an array of `iovec`.
    guard let message = message?.assumingMemoryBound(to: msghdr.self).pointee, message.msg_iovlen <= 2 else {
        errno = EINVAL
        return -1
    }
    let pieces = UnsafeBufferPointer(start: message.msg_iov, count: Int(message.msg_iovlen)).map {
        UnsafeRawBufferPointer(start: $0.iov_base, count: $0.iov_len)
    }
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    return session.send(pieces.first ?? nothing, pieces.count > 1 ? pieces[1] : nothing, flags: flags)
}
