// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension MemoryDriver: GatheringDriver {
    /// Calls every server of a topic; see `GatheringDriver`.
    public func gather(
        _ request: RPCRequest,
        minimum: Int?,
        completion: @escaping @Sendable (Result<GatheredReplies, MessagingError>) -> Void
    ) {
        let id = UniqueID()
        let isTaken = waiters.register(
            id,
            .replies(minimum: minimum, completion),
            deadline: request.deadline,
            timeout: request.timeout,
            monitorTimeout: request.callMonitorTimeout
        )
        guard isTaken else { return }
        sendCall(request, id, checksConsumers: false)
    }
}
