// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Threads

/// The descriptors of a connection's sockets, several while it is dialled, for the one thing another thread may do with them.
///
/// A number is forgotten before the owner thread closes the descriptor, so a stranger's descriptor is never hit.
final class SocketHandle: Sendable {
    private let descriptors = Guarded<[Int32]>([])

    /// How many it knows.
    var count: Int { descriptors.withLock { $0.count } }

    func open(_ fileDescriptor: Int32) {
        descriptors.withLock { $0.append(fileDescriptor) }
    }

    func close(_ fileDescriptor: Int32) {
        descriptors.withLock { descriptors in descriptors.removeAll { $0 == fileDescriptor } }
    }

    /// Ends the conversations at once; whatever calls the owner threads are in return.
    func shutDown() {
        descriptors.withLock { descriptors in
            for descriptor in descriptors { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }
}
