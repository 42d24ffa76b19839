// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Threads

/// The descriptor of a connection's socket, for the one thing another thread may do with it.
///
/// The number is forgotten before the owner thread closes the descriptor, so a stranger's descriptor is never hit.
final class SocketHandle: Sendable {
    private let descriptor = Guarded<Int32>(-1)

    func open(_ fileDescriptor: Int32) {
        descriptor.withLock { $0 = fileDescriptor }
    }

    func close() {
        descriptor.withLock { $0 = -1 }
    }

    /// Ends the conversation at once; whatever call the owner thread is in returns.
    func shutDown() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }
}
