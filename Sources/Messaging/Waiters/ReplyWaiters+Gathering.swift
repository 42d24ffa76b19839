// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

extension ReplyWaiters {
    /// Lets a fanout call wait and collects its replies until the deadline, until `minimum` of them are there, or until
    /// a bound of what is kept is reached.
    ///
    /// - Returns: false after `stop(failing:)`; the call has failed then and is not to be sent.
    public func registerGathering(
        _ id: UniqueID,
        _ request: RPCRequest,
        minimum: Int?,
        completion: @escaping @Sendable (Result<GatheredReplies, MessagingError>) -> Void
    ) -> Bool {
        let waiter = ReplyWaiter(request, started: .now, completion: .gathering(completion))
        return register(id, waiter, collection: ReplyCollection(minimum: minimum))
    }
}
