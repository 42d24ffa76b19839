// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import Threads

// libmicrohttpd asks which of its sockets are ready by calling `epoll_wait` through the dynamic linker, so a function
// of that name in the executable takes precedence, as our `recv` does (see SocketReads). When the library is run for
// answers that are there, ours names their connections as ones whose sockets have something to read; otherwise, and for
// everybody else, it does what `epoll_wait` does.

/// Who tells the library of connections to read.
enum ToldEvents {
    /// The loop whose thread this is, while it runs the library to tell it of connections.
    static var teller: ServerLoop? {
        get { tellers.current }
        set { tellers.current = newValue }
    }

    private static let tellers = ThreadReference<ServerLoop>()

    /// Whether calls of `epoll_wait` from libraries come here.
    static var areOurs: Bool {
        // RTLD_DEFAULT and RTLD_NEXT, casts in C: the definition that comes first, and the one behind that in this image.
        dlsym(nil, "epoll_wait") != dlsym(UnsafeMutableRawPointer(bitPattern: -1), "epoll_wait")
    }
}

// Usable from inline only so that the symbol is exported.
@_cdecl("epoll_wait")
@usableFromInline
func waitInPlaceOfLibrary(
    _ descriptor: Int32,
    _ space: UnsafeMutableRawPointer?,
    _ capacity: Int32,
    _ milliseconds: Int32
) -> Int32 {
    // The caller's array of `epoll_event`, as the declaration of `epoll_wait` says.
    let events = space?.assumingMemoryBound(to: epoll_event.self)
    guard let events, capacity > 0, let loop = ToldEvents.teller, loop.libraryDescriptor == descriptor else {
        return epoll_pwait(descriptor, events, capacity, milliseconds, nil)
    }
    return loop.tell(into: UnsafeMutableBufferPointer(start: events, count: Int(capacity)))
}
