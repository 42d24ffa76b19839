// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Names
internal import Threads

/// The publishes of one channel of which it is not yet known whether the broker took them, in their order.
///
/// They are settled by confirms, for which the broker counts from `confirm.select` on, starting at 1; before that, by
/// the answers to probes, methods that were sent behind them on the same channel. A value without effects: each input
/// appends to `conclusions` what follows from it, and the owner tells it.
struct ConfirmTracker {
    // Slots of settled publishes in the middle are nil until everything before them is settled too.
    private var slots: [UnconfirmedPublish?] = []
    private var head = 0
    /// The number of the first slot; publishes are counted from 1.
    private var firstNumber: UInt64 = 1
    /// The number of the last publish before the broker began to count.
    private var lastUncounted: UInt64 = 0
    /// For each probe under way the last publish before it, the oldest first.
    private var probes: [UInt64] = []
    /// The last publish that has had a probe sent after it.
    private var lastProbed: UInt64 = 0
    private var nextReturnIndex = 0

    /// Number of publishes that are not settled.
    private(set) var count = 0
    /// Number of those whose callers want the broker's word soon.
    private(set) var urgentCount = 0
    /// Whether some publish has a deadline.
    private(set) var hasDeadlines = false
    /// Number of those whose callers have been told `timedOut`.
    private(set) var abandonedCount = 0

    var isEmpty: Bool { count == 0 }
    /// The oldest publish that is not settled; nil without one.
    var oldestUnsettled: UnconfirmedPublish? { isEmpty ? nil : slots[head] }
    /// The tag the next publish gets.
    var nextTag: UInt64 { lastNumber + 1 - lastUncounted }
    /// Number of publishes behind the last probe.
    var unprobedCount: Int { Int(lastNumber - lastProbed) }

    private var lastNumber: UInt64 { firstNumber + UInt64(slots.count - head) - 1 }

    /// Adds the publish that was written last.
    mutating func append(_ publish: UnconfirmedPublish) {
        slots.append(publish)
        count += 1
        if !publish.request.isPatient { urgentCount += 1 }
        if publish.request.deadline != nil { hasDeadlines = true }
    }

    /// Settles one publish, or, with `multiple`, all up to and including the tag (0: all); unknown tags are ignored.
    mutating func confirm(
        tag: UInt64,
        multiple: Bool,
        isNack: Bool,
        into conclusions: inout [PublishConclusion]
    ) {
        guard tag < nextTag else { return }
        let last = multiple && tag == 0 ? lastNumber : tag + lastUncounted
        let first = multiple ? max(firstNumber, lastUncounted + 1) : last
        guard tag > 0 || multiple, first >= firstNumber, first <= last else { return }
        for index in index(of: first)...index(of: last) {
            settle(index, as: isNack ? .rejected : .confirmed, into: &conclusions)
        }
        dropSettledPrefix()
    }

    /// The broker counts from here on: `confirm.select` is sent.
    mutating func beginConfirms() { lastUncounted = lastNumber }

    /// A probe is sent behind what was published so far.
    mutating func noteProbe() {
        lastProbed = lastNumber
        probes.append(lastProbed)
    }

    /// The oldest probe was answered: the broker has carried out what it is behind.
    mutating func passProbe(into conclusions: inout [PublishConclusion]) {
        guard !probes.isEmpty else { return }
        let last = probes.removeFirst()
        guard last >= firstNumber else { return }
        for index in head...index(of: last) { settle(index, as: .passed, into: &conclusions) }
        dropSettledPrefix()
    }

    private func index(of number: UInt64) -> Int { head + Int(number - firstNumber) }

    /// Settles everything as failed; positions below `sentPosition` may have reached the broker.
    mutating func failAll(_ error: AMQPError, sentPosition: UInt64, into conclusions: inout [PublishConclusion]) {
        for case let publish? in slots[head...] where !publish.isAbandoned {
            let wasSent = publish.position.lowerBound < sentPosition
            conclusions.append(PublishConclusion(publish.request, .failed(error, wasSent: wasSent)))
        }
        self = ConfirmTracker()
    }

    /// Settles everything as failed by a refused method: what lies before `position` in the outgoing stream may have
    /// been taken, what lies behind it was not.
    mutating func failAll(
        _ refused: AMQPError,
        takenBefore position: UInt64,
        into conclusions: inout [PublishConclusion]
    ) {
        for case let publish? in slots[head...] where !publish.isAbandoned {
            let mayBeTaken = publish.position.lowerBound < position
            let error = mayBeTaken ? refused.asCollateral : refused
            conclusions.append(PublishConclusion(publish.request, .failed(error, wasSent: mayBeTaken)))
        }
        self = ConfirmTracker()
    }

    /// Calls the closure with each publish that is not settled.
    func forEachUnsettled(_ body: (PublishRequest) -> Void) {
        for case let publish? in slots[head...] { body(publish.request) }
    }

    /// Takes back, newest first, the publishes of which no byte has been sent.
    mutating func removeUnsent(sentPosition: UInt64) -> [UnconfirmedPublish] {
        var removed: [UnconfirmedPublish] = []
        while slots.count > head, let publish = slots[slots.count - 1], publish.position.lowerBound >= sentPosition {
            slots.removeLast()
            count -= 1
            if !publish.request.isPatient { urgentCount -= 1 }
            if publish.isAbandoned { abandonedCount -= 1 }
            removed.append(publish)
        }
        nextReturnIndex = min(nextReturnIndex, slots.count)
        // Their numbers are used again, for publishes that no probe has followed.
        lastUncounted = min(lastUncounted, lastNumber)
        lastProbed = min(lastProbed, lastNumber)
        for index in probes.indices { probes[index] = min(probes[index], lastNumber) }
        return removed
    }

    /// Fails what has waited past its deadline; the place in the sequence is kept.
    mutating func expire(
        at now: Moment,
        into conclusions: inout [PublishConclusion]
    ) {
        hasDeadlines = false
        for index in head..<slots.count {
            guard let publish = slots[index], !publish.isAbandoned, let deadline = publish.request.deadline else {
                continue
            }
            guard deadline <= now else {
                hasDeadlines = true
                continue
            }
            slots[index]?.isAbandoned = true
            let error = AMQPError(.timedOut, "the broker has not confirmed the message in time")
            abandonedCount += 1
            // Its bytes stay in the outgoing stream even if none has left yet, so it may still get there.
            conclusions.append(PublishConclusion(publish.request, .failed(error, wasSent: true)))
        }
    }
}

extension ConfirmTracker {
    /// Notes that the broker returned a message; false when no outstanding publish fits.
    ///
    /// `basic.return` carries no delivery tag. RabbitMQ's channel process handles the publishes of a channel one by one
    /// in the order they were sent, emits the return while it handles the publish, and only afterwards its confirm or
    /// the answer to a later probe. So a return (1) belongs to a mandatory publish that is not settled, and (2) comes
    /// after the returns of all earlier publishes: the search goes on behind the last match. The first candidate behind
    /// it with the same exchange, routing key and body is the one, as what lies between was routed. Only two publishes
    /// alike byte for byte could be confused, and only if a binding disappeared between them; even then exactly one of
    /// the two callers learns of the return.
    mutating func markReturned(exchange: Name, routingKey: Name, body: [UInt8], reply: AMQPError.Reply) -> Bool {
        for index in max(nextReturnIndex, head)..<max(nextReturnIndex, slots.count) {
            guard let publish = slots[index], publish.request.isMandatory, publish.returned == nil,
                publish.request.routingKey == routingKey, publish.request.exchange == exchange,
                Self.areSame(publish.request.body, body)
            else { continue }
            slots[index]?.returned = reply
            nextReturnIndex = index + 1
            return true
        }
        return false
    }

    /// Whether bodies are the same; `==` of arrays goes byte by byte, too slowly for megabytes.
    private static func areSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        // Borrowed for the comparison; a body of no bytes may have no address.
        return left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                guard let left = left.baseAddress, let other = right.baseAddress else { return true }
                return memcmp(left, other, right.count) == 0
            }
        }
    }

    private mutating func settle(
        _ index: Int,
        as outcome: PublishOutcome,
        into conclusions: inout [PublishConclusion]
    ) {
        // Moved out, not copied: this is done for each publish.
        guard let publish = slots[index].take() else { return }
        count -= 1
        if !publish.request.isPatient { urgentCount -= 1 }
        guard !publish.isAbandoned else {
            abandonedCount -= 1
            return
        }
        conclusions.append(PublishConclusion(publish.request, publish.outcome(outcome)))
    }

    private mutating func dropSettledPrefix() {
        while head < slots.count, slots[head] == nil {
            head += 1
            firstNumber += 1
        }
        guard head == slots.count || (head >= 1024 && head * 2 >= slots.count) else { return }
        slots.removeFirst(head)
        nextReturnIndex = max(0, nextReturnIndex - head)
        head = 0
    }
}

extension UnconfirmedPublish {
    /// What the broker's word means for a message that it may have returned before.
    fileprivate func outcome(_ word: PublishOutcome) -> PublishOutcome {
        guard word != .rejected, let returned else { return word }
        return .returned(replyCode: returned.code, replyText: returned.text)
    }
}

/// A publish that was written and waits for the broker's word.
struct UnconfirmedPublish {
    let request: PublishRequest
    /// Where its frames lie in the outgoing stream.
    let position: Range<UInt64>
    /// When it was written.
    let since: Moment
    /// Set when the broker returned it; the confirm that follows completes it.
    var returned: AMQPError.Reply?
    /// Whether its caller has been told `timedOut` already; only its place in the sequence is kept.
    var isAbandoned = false

    init(_ request: PublishRequest, position: Range<UInt64>, since: Moment) {
        self.request = request
        self.position = position
        self.since = since
    }
}

/// An outcome and the request it belongs to, ready to be told.
struct PublishConclusion {
    let request: PublishRequest
    let outcome: PublishOutcome

    init(_ request: PublishRequest, _ outcome: PublishOutcome) {
        self.request = request
        self.outcome = outcome
    }
}
