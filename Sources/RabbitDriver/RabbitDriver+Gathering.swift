// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Messaging
internal import Names

extension RabbitDriver: GatheringDriver {
    /// Calls every server of a topic; see `GatheringDriver`.
    public func gather(
        _ request: RPCRequest,
        minimum: Int?,
        completion: @escaping @Sendable (Result<GatheredReplies, MessagingError>) -> Void
    ) {
        let id = UniqueID()
        guard register(id, request, .replies(minimum: minimum, completion)) else { return }
        whenReady(id, deadline: request.deadline, retry: request.retry) { [self] in
            sendCall(request, id, Name(request.target.queueName))
        }
    }
}
