// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging

extension MemoryDriver {
    /// Serves `topic.server` with a function that gives the reply to each request, or nil for silence.
    @discardableResult
    func serve(
        _ server: String,
        topic: String = "t",
        _ answer: @escaping @Sendable (IncomingRequest) -> OutgoingReply?
    ) throws -> any Listener {
        let listener = try makeListener(on: Target(topic: topic, server: server)) { message in
            guard message.acknowledge(), let reply = answer(message.request) else { return }
            message.reply(reply) { _ in }
        }
        listener.start()
        return listener
    }

    /// Serves with the arguments as the result.
    @discardableResult
    func serveEcho(_ server: String, topic: String = "t") throws -> any Listener {
        try serve(server, topic: topic) { .result($0.arguments ?? .null) }
    }
}
