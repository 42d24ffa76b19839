// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Holds back the wake-ups that one thread sends while it works through a batch, and sends each of them once, at the
/// end.
///
/// A loop that hands on many pieces of work in a turn would otherwise wake the receiver at the first piece, which then
/// works in small bites: one system call and one packet for each. Owned by one thread; not to be used on another.
public final class WakeUpBatch {
    /// At most so many signals are held back, so that the receiver starts while a long batch goes on.
    private static let limit = 32

    private var held: [WakeUp] = []
    private var count = 0
    private let ignored: WakeUp?

    /// Makes an empty batch.
    ///
    /// - Parameter ignored: a wake-up that needs no signal because this very thread looks at its queues after the batch.
    public init(ignoring ignored: WakeUp? = nil) { self.ignored = ignored }

    /// Runs the work of a batch, then sends what was held back.
    public func run<Failure: Error>(_ work: () throws(Failure) -> Void) throws(Failure) {
        Self.batches.current = self
        defer {
            Self.batches.current = nil
            send()
        }
        try work()
    }

    /// The batch that the calling thread runs, if it runs one.
    static var current: WakeUpBatch? { batches.current }

    private static let batches = ThreadReference<WakeUpBatch>()

    func hold(_ wakeUp: WakeUp) {
        guard wakeUp !== ignored else { return }
        if !held.contains(where: { $0 === wakeUp }) { held.append(wakeUp) }
        count += 1
        if count >= Self.limit { send() }
    }

    private func send() {
        for wakeUp in held { wakeUp.signalNow() }
        held.removeAll(keepingCapacity: true)
        count = 0
    }
}
