// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names
public import Threads

/// A small message broker in the memory of this process, which memory drivers can share.
///
/// It keeps RabbitMQ's rules: queues stay when their listeners go, consumers take turns, and what is not acknowledged
/// returns to its place. One thread hands messages over.
public final class MemoryBroker: Sendable {
    /// The bounds of what is kept; a message beyond them is refused.
    public struct Limits: Sendable {
        /// Messages in one queue, those not yet acknowledged included.
        public var maximumMessages: Int
        /// Bytes in one queue.
        public var maximumQueueBytes: Int
        /// Bytes in all queues together.
        public var maximumBytes: Int
        /// Queues.
        public var maximumQueues: Int

        /// Makes limits.
        public init(
            maximumMessages: Int = 10_000,
            maximumQueueBytes: Int = 64 << 20,
            maximumBytes: Int = 256 << 20,
            maximumQueues: Int = 10_000
        ) {
            self.maximumMessages = maximumMessages
            self.maximumQueueBytes = maximumQueueBytes
            self.maximumBytes = maximumBytes
            self.maximumQueues = maximumQueues
        }
    }

    private let state: Guarded<MemoryBrokerState>
    private let ownedLoop: OwnedLoop
    /// How many messages are handed over in one turn of the loop, which serves others too.
    private static let handoversATurn = 256

    /// Makes a broker without queues.
    ///
    /// - Parameter loop: where handlers run; nil makes one.
    /// - Throws: when there is no descriptor or thread left for that one.
    public init(limits: Limits = Limits(), loop: EventLoop? = nil) throws(OutOfResources) {
        ownedLoop = try OwnedLoop(loop, name: "memory-broker")
        state = Guarded(MemoryBrokerState(limits: limits))
    }

    /// Where handlers run.
    var loop: EventLoop { ownedLoop.loop }

    /// Routes a message.
    func publish(_ message: MemoryMessage, exchange: Name, checksConsumers: Bool = false) -> MemoryPublishOutcome {
        change { $0.publish(message, exchange: exchange, checksConsumers: checksConsumers, now: .now) }
    }

    /// Changes the state, then has the worker hand over what became deliverable.
    func change<Result: Sendable>(_ body: (inout MemoryBrokerState) -> Result) -> Result {
        let (result, wakesWorker) = state.withLock { state in
            let result = body(&state)
            return (result, state.startsWorking())
        }
        if wakesWorker { wakeWorker() }
        return result
    }

    /// Settles a delivery; false when it is in nobody's hands.
    func settle(_ tag: Int, requeues: Bool) -> Bool {
        change { $0.settle(tag, requeues: requeues, now: .now) }
    }

    /// Returns once no handler of a cancelled listener runs or is about to.
    func waitForHandler(of listener: Int) async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { $0.waitForHandler(of: listener) { continuation.resume() } }
            if !waits { continuation.resume() }
        }
    }

    private func wakeWorker() {
        loop.execute { [weak self] in self?.handOver() }
    }

    /// Hands over what is due, one after the other, so that handlers never nest.
    private func handOver() {
        for _ in 0..<Self.handoversATurn {
            guard let next = state.withLock({ $0.nextDelivery() }) else { return }
            next.handler(MemoryDelivery(tag: next.tag, message: next.message, isOwned: next.isOwned, broker: self))
            for proceed in state.withLock({ $0.handlerReturned() }) { proceed() }
        }
        wakeWorker()
    }
}
