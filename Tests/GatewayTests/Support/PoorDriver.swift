// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Threads

/// A driver that can neither gather nor send plain AMQP, and never answers.
final class PoorDriver: Driver {
    func call(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) -> UniqueID { UniqueID() }

    func cancel(_ id: UniqueID) {}
    func cast(_ request: RPCRequest, completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void) {}
    func inspect(
        _ target: Target,
        deadline: Moment,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    ) {}
    var status: DriverStatus { DriverStatus(isConnected: true) }
    func start() {}
    func shutdown(deadline: Moment) async {}
}
