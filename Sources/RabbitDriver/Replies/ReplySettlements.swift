// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Which replies have been read and not yet acknowledged: one `basic.ack` settles many, which saves the broker work.
///
/// Nobody reads the reply queue but us, so a late acknowledgement delays nothing; the driver's own message, which comes
/// every second, settles what is left.
final class ReplySettlements: Sendable {
    private struct State {
        var lastTag: UInt64?
        var count = 0
        var bytes = 0
        var isExpedited = false
    }

    /// At most so many replies are settled together.
    static let maximumCount = 64
    /// At most so many bytes are left in the broker's memory.
    static let maximumBytes = 1 << 20

    private let state = Guarded(State())
    private let limit: Int

    /// Makes an empty list; with a prefetch count, replies are settled when half of that is reached, or no more would
    /// come.
    init(prefetchCount: Int) {
        limit = prefetchCount > 0 ? max(1, min(Self.maximumCount, prefetchCount / 2)) : Self.maximumCount
    }

    /// A reply has been read.
    func note(_ deliveryTag: UInt64, bytes: Int) {
        state.withLock { state in
            state.lastTag = deliveryTag
            state.count += 1
            state.bytes += bytes
        }
    }

    /// What is noted is to be settled soon.
    func expedite() { state.withLock { $0.isExpedited = true } }

    /// The tag up to which to acknowledge now; nil while it can wait.
    func takeIfDue() -> UInt64? {
        let isDue = state.withLock { $0.isExpedited || $0.count >= limit || $0.bytes >= Self.maximumBytes }
        return isDue ? take() : nil
    }

    /// The tag up to which to acknowledge; nil when all is settled.
    func take() -> UInt64? {
        state.withLock { state in
            defer { state = State() }
            return state.lastTag
        }
    }
}
