// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP

extension AMQPError {
    /// Whether the broker refuses what the listener declares or consumes.
    var isRefusal: Bool {
        [.preconditionFailed, .accessRefused, .notAllowed, .resourceLocked, .invalidArgument].contains(code)
    }
}
