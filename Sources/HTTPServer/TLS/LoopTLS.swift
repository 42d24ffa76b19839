// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// The TLS of a server, which may be changed while it serves.
final class ServerTLS: Sendable {
    private let context: Guarded<TLSContext>

    init(_ context: TLSContext) { self.context = Guarded(context) }

    /// What the next handshake begins with.
    var current: TLSContext {
        get { context.withLock { $0 } }
        set { context.withLock { $0 = newValue } }
    }
}

/// The TLS of one loop. Loop thread only.
final class LoopTLS {
    let server: ServerTLS
    let buffers = TLSBuffers()
    let timeoutMilliseconds: UInt64
    var handshakes: Handshakes<HTTPConnection>

    init(_ server: ServerTLS, _ configuration: HTTPServerConfiguration) {
        self.server = server
        timeoutMilliseconds = configuration.handshakeTimeout.clockMilliseconds
        handshakes = Handshakes(limit: max(1, configuration.maximumHandshakes / max(1, configuration.loopCount)))
    }
}
