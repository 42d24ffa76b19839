// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CRabbitMQ

extension Duration {
    /// The C form; less than nothing becomes nothing.
    var timeval: timeval {
        let duration = max(self, .zero)
        let (seconds, attoseconds) = duration.components
        return CRabbitMQ.timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
