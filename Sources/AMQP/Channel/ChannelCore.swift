// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Names
internal import Threads

/// The state of one channel of a connection; touched by the connection's loop only.
///
/// A channel is in order: the broker carries out its methods one after the other and answers them in that order, and
/// after refusing one it carries out nothing more until the channel has been opened anew.
final class ChannelCore {
    /// A method whose answer is outstanding.
    struct Call {
        let request: MethodID
        /// Its place in the outgoing stream.
        let position: UInt64
        /// When the connection is given up for want of an answer; nil where the subject of the call has a deadline of
        /// its own.
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

    /// With so many publishes behind the last probe the next one does not wait for its time.
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

    /// When the first answer is due; probes, which may stand before it, have no deadline.
    var nextDeadline: Moment? { calls.isEmpty ? nil : calls.first { $0.deadline != nil }?.deadline }

    /// Whether publishes wait for a probe: confirms prove by themselves.
    var needsProbe: Bool { !isConfirming && tracker.unprobedCount > 0 }

    /// Whether the next probe is not to wait.
    var needsProbeNow: Bool { !isConfirming && tracker.unprobedCount >= Self.maximumUnprobed }

    /// Starts over with a channel that is opened anew; returns the last delivery tag of the former one.
    func reset() -> UInt64 {
        tracker = ConfirmTracker()
        isConfirming = false
        calls = []
        consumersWithoutAck = []
        assembler.reset()
        return deliveryTags.reset()
    }
}

/// Several methods whose answers are reported together.
final class ChannelOperation {
    private var missing: Int
    private var replies: [MethodReply] = []
    private var isOver = false
    let completion: @Sendable (Result<[MethodReply], AMQPError>) -> Void

    init(count: Int, completion: @escaping @Sendable (Result<[MethodReply], AMQPError>) -> Void) {
        missing = count
        self.completion = completion
    }

    /// Takes the answer to the next method; returns all of them when it was the last.
    func take(_ reply: MethodReply) -> [MethodReply]? {
        replies.append(reply)
        missing -= 1
        guard missing == 0, !isOver else { return nil }
        isOver = true
        return replies
    }

    /// Notes that it has failed; false when it is over already.
    func fail() -> Bool {
        defer { isOver = true }
        return !isOver
    }
}

/// The exchanges that need no declaration before the next publish on a connection.
///
/// An exchange that is deleted with its last binding may be gone at any time, and a publish to one that is gone closes
/// the channel under the other publishes to it; so it is declared again once its last declaration is a second old.
struct DeclaredExchanges {
    /// How long the declaration of an exchange that is deleted automatically counts.
    static let lifetime = Duration.seconds(1)

    private static let maximumCount = 1000

    private var declarations: [ExchangeDeclaration: Moment] = [:]
    /// The last one asked for: nearly all publishes have the same exchange, and it saves them the hashing.
    private var lastExchange: ExchangeDeclaration?
    private var lastDeclared: Moment?

    /// Whether the exchange counts as declared.
    mutating func contains(_ exchange: ExchangeDeclaration, at now: Moment) -> Bool {
        if lastExchange != exchange { (lastExchange, lastDeclared) = (exchange, declarations[exchange]) }
        guard let lastDeclared else { return false }
        return !exchange.isAutoDelete || lastDeclared.duration(to: now) < Self.lifetime
    }

    /// Notes a declaration that the broker has accepted.
    mutating func note(_ exchange: ExchangeDeclaration, at now: Moment) {
        // Forgetting costs a declaration each; names that callers choose must not pile up.
        if declarations.count >= Self.maximumCount { declarations = [:] }
        declarations[exchange] = now
        (lastExchange, lastDeclared) = (exchange, now)
    }

    /// Forgets an exchange that a refusal was about, or may have been about.
    mutating func forget(_ exchange: ExchangeDeclaration) {
        declarations[exchange] = nil
        (lastExchange, lastDeclared) = (nil, nil)
    }
}

/// The queues of publishers that are declared and bound on a connection.
struct DeclaredBindings {
    private struct Key: Hashable {
        var exchange: ExchangeDeclaration
        var binding: QueueBinding
    }

    private static let maximumCount = 1000

    private var keys: Set<Key> = []

    /// Whether the queue was declared and bound to the exchange.
    func contains(_ binding: QueueBinding, to exchange: ExchangeDeclaration) -> Bool {
        keys.contains(Key(exchange: exchange, binding: binding))
    }

    /// Notes a queue that was declared and bound to the exchange.
    mutating func note(_ binding: QueueBinding, to exchange: ExchangeDeclaration) {
        // Forgetting costs a declaration each; names that callers choose must not pile up.
        if keys.count >= Self.maximumCount { keys = [] }
        keys.insert(Key(exchange: exchange, binding: binding))
    }

    /// Forgets a queue that may be gone.
    mutating func forget(_ binding: QueueBinding, to exchange: ExchangeDeclaration) {
        keys.remove(Key(exchange: exchange, binding: binding))
    }
}

/// Makes delivery tags that stay unique when the channel is opened anew and the broker starts again at 1.
///
/// An acknowledgement for a delivery of an earlier channel would make the broker close the new one (406); here it is
/// recognised and dropped. So is one for a tag that was never delivered.
struct DeliveryTagTranslation {
    private var base: UInt64 = 0
    private var highest: UInt64 = 0

    /// The tag for the user.
    mutating func outward(_ tag: UInt64) -> UInt64 {
        highest = max(highest, tag)
        return base &+ tag
    }

    /// The broker's tag; nil when its channel is gone or it was never given out.
    func inward(_ tag: UInt64) -> UInt64? {
        tag > base && tag - base <= highest ? tag - base : nil
    }

    /// Starts over with a new channel; returns the last tag of the former one.
    @discardableResult
    mutating func reset() -> UInt64 {
        base += highest
        highest = 0
        return base
    }
}
