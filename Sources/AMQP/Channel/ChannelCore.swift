// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Names
internal import Threads

/// The state of one channel of a connection; touched by the connection's loop only.
///
/// A channel is in order: the broker carries out its methods one after the other and answers them in that order, and
/// after a method that it refuses it carries out nothing more until the channel was opened anew.
final class ChannelCore {
    /// A method whose answer is outstanding.
    struct Call {
        let request: MethodID
        /// Where it lies in the outgoing stream.
        let position: UInt64
        /// When the connection is given up for want of an answer; nil where what it is about has a deadline of its own.
        var deadline: Moment?
        /// Whom to tell, and which of its methods this is; nil for the connection's own.
        var operation: ChannelOperation?
        var step = 0
        /// The exchange that counts as declared once this is answered.
        var declares: ExchangeDeclaration?
        /// The queue that counts as bound to that exchange then.
        var binds: QueueBinding?
        /// Whether it starts a consumer that acknowledges nothing.
        var isWithoutAck = false
        /// Whether its answer proves the publishes before it.
        var isProbe = false
    }

    /// Publishes behind the last probe from which on the next one does not wait for its time.
    private static let maximumUnprobed = 64

    let number: UInt16
    var calls = Deque<Call>()
    var tracker = ConfirmTracker()
    /// Whether `confirm.select` was sent.
    var isConfirming = false
    var assembler: ContentAssembler
    var deliveryTags = DeliveryTagTranslation()
    var consumersWithoutAck: Set<Name> = []

    init(number: UInt16, maximumBodyBytes: Int) {
        self.number = number
        assembler = ContentAssembler(maximumBodyBytes: maximumBodyBytes)
    }

    /// When the first answer has to be there; probes, which may be before it, have no deadline.
    var nextDeadline: Moment? { calls.first { $0.deadline != nil }?.deadline }

    /// Whether publishes wait for a probe: confirms prove by themselves.
    var needsProbe: Bool { !isConfirming && tracker.unprobedCount > 0 }

    /// Whether the next probe is not to wait.
    var needsProbeNow: Bool { !isConfirming && tracker.unprobedCount >= Self.maximumUnprobed }

    /// Starts over with a channel that is opened anew; gives the last delivery tag of the former one.
    func reset() -> UInt64 {
        tracker = ConfirmTracker()
        isConfirming = false
        calls = []
        consumersWithoutAck = []
        assembler.reset()
        return deliveryTags.reset()
    }
}

/// Several methods whose answers are told together.
final class ChannelOperation {
    private var missing: Int
    private var replies: [MethodReply] = []
    private var isOver = false
    let completion: @Sendable (Result<[MethodReply], AMQPError>) -> Void

    init(count: Int, completion: @escaping @Sendable (Result<[MethodReply], AMQPError>) -> Void) {
        missing = count
        self.completion = completion
    }

    /// Takes the answer to the next method; gives all of them when it was the last.
    func take(_ reply: MethodReply) -> [MethodReply]? {
        replies.append(reply)
        missing -= 1
        guard missing == 0, !isOver else { return nil }
        isOver = true
        return replies
    }

    /// Notes the end by a failure; false when it is over already.
    func fail() -> Bool {
        defer { isOver = true }
        return !isOver
    }
}
