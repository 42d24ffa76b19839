// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

extension ReplyWaiters {
    /// Lets a plain request wait for the message with its identifier as `correlation_id`.
    ///
    /// - Returns: false after `stop(failing:)`; the request has failed then and is not to be sent.
    public func registerPlain(
        _ id: UniqueID,
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<PlainReply, MessagingError>) -> Void
    ) -> Bool {
        register(id, ReplyWaiter(request, started: .now, completion: .plain(completion)))
    }

    /// The plain request that waits for a message with this `correlation_id`; nil when there is none.
    public func plainRequest(correlationID: String) -> UniqueID? {
        guard let id = UniqueID(hexadecimal: correlationID) else { return nil }
        return state.withLock { $0.isPlain(id) } ? id : nil
    }

    /// Ends a plain request with its reply; one that nobody waits for is dropped.
    public func receive(_ message: PlainMessage, for id: UniqueID) {
        state.withLock { $0.receive(message, for: id, now: .now) }?.complete()
    }
}

extension ReplyWaitersState {
    func isPlain(_ id: UniqueID) -> Bool {
        guard case .plain? = waiters[id]?.promise.completion else { return false }
        return true
    }

    mutating func receive(_ message: PlainMessage, for id: UniqueID, now: Moment) -> EndedWait? {
        guard let waiter = waiters[id], case .plain(let complete) = waiter.promise.completion else { return nil }
        waiters[id] = nil
        let duration = waiter.publishDuration(now: now)
        let reply = PlainReply(message: message, messageID: id, publishDuration: duration)
        return .other { complete(.success(reply)) }
    }
}
