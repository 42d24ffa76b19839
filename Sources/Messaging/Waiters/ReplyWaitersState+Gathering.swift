// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

extension ReplyWaitersState {
    /// Keeps a reply to a fanout call; gives the call once its minimum or a bound is reached.
    mutating func collect(_ reply: ReplyEnvelope, _ id: UniqueID, now: Moment) -> EndedWait? {
        guard collections[id] != nil else { return nil }
        collections[id]?.add(reply)
        waiters[id]?.restartMonitor(now)
        return endCollectionIfOver(id, now: now)
    }

    /// Ends a fanout call at its deadline with what is there; nil when not even the broker had confirmed it.
    mutating func expireCollection(_ id: UniqueID, now: Moment) -> EndedWait? {
        guard let waiter = waiters[id], let collection = collections[id] else { return nil }
        return waiter.stage == .reply || !collection.replies.isEmpty ? endCollection(id, now: now) : nil
    }

    /// Fails a fanout call, unless the error only concerns one reply or what was sent has proved to have arrived.
    mutating func failCollection(
        _ id: UniqueID,
        with error: MessagingError,
        now: Moment
    ) -> EndedWait? {
        if error.code == .badReply {
            collections[id]?.addUnreadable(error.message)
            return endCollectionIfOver(id, now: now)
        }
        if error.execution == .maybe, collections[id]?.replies.isEmpty == false {
            waiters[id]?.advance(to: .reply, now: now)
            return nil
        }
        collections[id] = nil
        return waiters.removeValue(forKey: id).map { Self.ended(id, $0, error) }
    }

    private mutating func endCollectionIfOver(_ id: UniqueID, now: Moment) -> EndedWait? {
        collections[id]?.isOver == true ? endCollection(id, now: now) : nil
    }

    private mutating func endCollection(_ id: UniqueID, now: Moment) -> EndedWait? {
        guard let waiter = waiters.removeValue(forKey: id), let collection = collections.removeValue(forKey: id),
            case .gathering(let complete) = waiter.promise.completion
        else { return nil }
        let gathered = GatheredReplies(
            replies: collection.replies,
            isComplete: collection.isComplete,
            messageID: id,
            publishDuration: waiter.publishDuration(now: now)
        )
        return .other { complete(.success(gathered)) }
    }
}
