// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names
internal import Synchronization
internal import Threads

/// The name of a process's reply queue: the same for the process's life, unless the broker withholds a queue of that
/// name from us.
///
/// What was sent before still gets its replies: the queue of the former name is consumed too, while it exists.
final class ReplyQueue: Sendable {
    private struct State {
        var name: Name
        var isUsed = false
        var former: Name?
    }

    /// What the name begins with; 32 digits follow.
    static let prefix = "reply_"

    private let state: Guarded<State>
    private let high: UInt64
    /// The only part of the digits that changes, so that a call reads them without a lock.
    private let low: Atomic<UInt64>

    init() {
        let unique = UniqueID()
        high = unique.words.high
        low = Atomic(unique.words.low)
        state = Guarded(State(name: Self.name(unique)))
    }

    /// The digits of the name.
    var unique: UniqueID { UniqueID(high: high, low: low.load(ordering: .acquiring)) }

    /// The name.
    var name: Name { state.withLock { $0.name } }

    /// The former name, if its queue was consumed.
    var former: Name? { state.withLock { $0.former } }

    /// Notes that the queue is consumed under the present name.
    func noteUse() { state.withLock { $0.isUsed = true } }

    /// Notes that nothing more comes to the queue of the former name.
    func forgetFormer() { state.withLock { $0.former = nil } }

    /// Takes a name that nobody knows yet.
    func renew() {
        let unique = UniqueID(high: high, low: UniqueID().words.low)
        state.withLock { state in
            let former = state.isUsed ? state.name : state.former
            state = State(name: Self.name(unique), former: former)
            low.store(unique.words.low, ordering: .releasing)
        }
    }

    private static func name(_ unique: UniqueID) -> Name { Name(prefix + unique.hexadecimal) }
}

extension ListeningTopology {
    /// The queue of a process's replies (`oslo_messaging._drivers.amqpdriver.AMQPDriverBase._get_reply_q`).
    init(_ replyQueue: ReplyQueue, options: RabbitOptions) {
        let queue = options.temporaryQueue(replyQueue.name)
        let arguments = options.consumeArguments
        self.init(
            prefetchCount: options.prefetchCount,
            sources: [Source(exchange: nil, queue: queue, bindingKey: queue.name)],
            consumers: [Consumer(tag: "1", queue: queue.name, arguments: arguments, isOwn: true)],
            ownQueues: [queue.name] + [replyQueue.former].compactMap(\.self),
            formerConsumer: replyQueue.former.map { Consumer(tag: "2", queue: $0, arguments: arguments, isOwn: true) },
            isSoleConsumer: true
        )
    }
}
