// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Threads

/// The thread that inflates long bodies, started for the first one: a few bytes can stand for many megabytes, which
/// must not hold up a loop.
final class Inflater: Sendable {
    private let worker = Guarded<OwnedLoop?>(nil)

    /// The thread's loop; nil while no thread can be started.
    var loop: EventLoop? {
        worker.withLock { worker in
            if worker == nil { worker = try? OwnedLoop(nil, name: "inflater") }
            return worker?.loop
        }
    }
}

/// The long compressed bodies of one consumer: worked on by the inflater's thread one after the other, in the order in which
/// they came.
///
/// Every function may be called from any thread.
final class InflationLane: Sendable {
    /// Runs on the inflater's thread; it has to call its argument once, when the next work may begin.
    typealias Work = @Sendable (_ end: @escaping @Sendable () -> Void) -> Void

    private struct Item {
        var bytes: Int
        var work: Work
    }

    private struct State {
        var waiting: Deque<Item> = []
        /// The bytes of what waits and of what is being worked on.
        var bytes = 0
        var isBusy = false
    }

    /// How many compressed bytes of replies may be here; one body always may.
    static let maximumReplyBytes = 64 << 20
    private static let retryInterval = Duration.milliseconds(100)

    private let state = Guarded(State())
    private let worker: @Sendable () -> EventLoop?
    private let loop: EventLoop
    private let maximumBytes: Int

    /// - Parameters:
    ///   - worker: returns the loop on which work is done; nil while no thread can be started, and then work waits.
    ///   - loop: where a timer may be set.
    ///   - maximumBytes: how many bytes may be here; unlimited where something else bounds them, such as a prefetch
    ///   count.
    init(worker: @escaping @Sendable () -> EventLoop?, loop: EventLoop, maximumBytes: Int) {
        self.worker = worker
        self.loop = loop
        self.maximumBytes = maximumBytes
    }

    /// Whether nothing is here, so that what comes next overtakes nothing.
    var isEmpty: Bool { state.withLock { !$0.isBusy } }

    /// Takes work on a body of so many bytes; false when too many are here already.
    func add(bytes: Int, _ work: @escaping Work) -> Bool {
        let item = Item(bytes: bytes, work: work)
        let (isTaken, begins) = state.withLock { state in
            guard state.bytes == 0 || state.bytes + bytes <= maximumBytes else { return (false, false) }
            state.bytes += bytes
            guard !state.isBusy else {
                state.waiting.append(item)
                return (true, false)
            }
            state.isBusy = true
            return (true, true)
        }
        if begins { begin(item) }
        return isTaken
    }

    private func begin(_ item: Item) {
        guard let worker = worker() else { return beginLater(item) }
        worker.execute { [self] in item.work { [self] in end(item.bytes) } }
    }

    private func beginLater(_ item: Item) {
        let timer = DeadlineTimer(loop: loop) { [self] _ in
            begin(item)
            return nil
        }
        timer.arm(.now + Self.retryInterval)
    }

    private func end(_ bytes: Int) {
        let next = state.withLock { state -> Item? in
            state.bytes -= bytes
            let next = state.waiting.popFirst()
            state.isBusy = next != nil
            return next
        }
        if let next { begin(next) }
    }
}
