// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging

/// What keeps a consumer from its messages, and how loudly it is told: a broker that is away for long does not fill the log.
struct Trouble: Sendable {
    /// The last error; nil while all is well.
    private(set) var error: AMQPError?

    /// Notes an error; gives the level of its line in the log, which is lower for one that was told already.
    mutating func note(_ error: AMQPError) -> Logger.Level {
        defer { self.error = error }
        return self.error?.code == error.code ? .debug : .warning
    }

    /// Notes that all is well; whether there was trouble.
    mutating func end() -> Bool {
        defer { error = nil }
        return error != nil
    }
}
