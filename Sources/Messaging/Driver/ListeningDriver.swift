// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A driver that RPC servers can listen on (`oslo_messaging._drivers.base.BaseDriver.listen`).
public protocol ListeningDriver: Driver {
    /// Makes a listener for a target's three queues: the topic's, the server's own, and the one for fanouts.
    ///
    /// Nothing is declared or consumed before the listener's `start()`. The handler runs on a thread of the driver, in
    /// the order of the deliveries; it must not block. Messages that cannot be decoded are rejected by the driver and
    /// never reach it.
    ///
    /// - Throws: `invalidTarget` without topic or server.
    func makeListener(
        on target: Target,
        handler: @escaping @Sendable (any IncomingMessage) -> Void
    ) throws(MessagingError) -> any Listener
}
