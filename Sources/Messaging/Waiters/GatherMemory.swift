// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// How much memory the replies to all gathers together take, and how much they may.
final class GatherMemory: Sendable {
    /// The process's own: as much as four gathers can take.
    static let ofProcess = GatherMemory(limit: 4 * ReplyCollection.maximumBytes)

    private let limit: Int
    private let taken = Atomic(0)

    init(limit: Int) { self.limit = limit }

    /// Whether not even the smallest reply has room.
    var isFull: Bool { taken.load(ordering: .relaxed) > limit - ReplyCollection.bytesPerReply }

    /// What is taken now, in bytes.
    var bytes: Int { taken.load(ordering: .relaxed) }

    fileprivate func take(_ bytes: Int) -> Bool {
        guard taken.add(bytes, ordering: .relaxed).newValue > limit else { return true }
        giveBack(bytes)
        return false
    }

    fileprivate func giveBack(_ bytes: Int) { taken.subtract(bytes, ordering: .relaxed) }

    /// The share of one gather, given back with the last reference to its replies.
    final class Share: Sendable {
        private let memory: GatherMemory
        private let taken = Atomic(0)

        init(of memory: GatherMemory) { self.memory = memory }

        deinit { memory.giveBack(taken.load(ordering: .relaxed)) }

        /// Takes more of the memory; false when others have the rest.
        func take(_ bytes: Int) -> Bool {
            guard memory.take(bytes) else { return false }
            taken.add(bytes, ordering: .relaxed)
            return true
        }
    }
}

extension MessagingError {
    /// The replies to other gathers take all the memory that there is for them.
    static let noRoomForReplies = MessagingError(
        .overloaded,
        "The replies of the gathers under way take all of \(4 * ReplyCollection.maximumBytes >> 20) MiB",
        stage: .connect
    )
}
