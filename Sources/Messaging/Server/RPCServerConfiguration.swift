// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How a server runs.
public struct RPCServerConfiguration: Sendable {
    /// Where methods run, and how many at a time.
    public var executor: RPCExecutor
    /// Whether the server answers `oslo_rpc_server_ping` (`rpc_ping_enabled`).
    public var answersPings: Bool
    /// How long `run()` lets methods under way finish after the signal to shut down.
    public var grace: Duration

    /// Makes a configuration; the defaults are those of oslo.messaging.
    public init(
        executor: RPCExecutor = .tasks(),
        answersPings: Bool = false,
        grace: Duration = .seconds(30)
    ) {
        self.executor = executor
        self.answersPings = answersPings
        self.grace = grace
    }
}
