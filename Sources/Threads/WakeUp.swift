// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
@preconcurrency import Glibc
internal import Synchronization

/// A coalescing wake-up of one loop thread: many signals in a turn cost one write.
///
/// The loop polls `fileDescriptor`, calls `clear()`, and only then looks at its queues. A signaller queues its work
/// first and signals after it, so no wake-up is lost.
public final class WakeUp: Sendable {
    /// The descriptor to poll for readability; owned by this object.
    public let fileDescriptor: Int32
    private let pending = Atomic<Bool>(false)

    /// Makes an event descriptor.
    public init() throws(OutOfResources) {
        fileDescriptor = clinux_eventfd()
        guard fileDescriptor >= 0 else { throw OutOfResources(resource: .descriptors, error: errno) }
    }

    deinit { close(fileDescriptor) }

    /// Makes the loop's present or next wait return; callable from any thread.
    ///
    /// Within a `WakeUpBatch` of the calling thread the signal is sent at the end of the batch.
    public func signal() {
        if let batch = WakeUpBatch.current { batch.hold(self) } else { signalNow() }
    }

    func signalNow() {
        guard !pending.exchange(true, ordering: .sequentiallyConsistent) else { return }
        var one: UInt64 = 1
        // An eventfd write of 1 fails only when the counter is full, and then the loop is awake anyway.
        _ = write(fileDescriptor, &one, 8)
    }

    /// Waits for a signal and forgets it; for a thread that has nothing else to wait for.
    public func wait() {
        if wait(milliseconds: -1) { clear() }
    }

    /// Waits for a signal; for a thread that has nothing else to wait for.
    ///
    /// - Returns: whether one came. It is not forgotten.
    func wait(milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, milliseconds) > 0
    }

    /// Forgets the signals so far; called by the loop thread before it looks at its queues.
    public func clear() {
        var count: UInt64 = 0
        // The read comes before the store: the other order loses a signal that falls between them.
        _ = read(fileDescriptor, &count, 8)
        pending.store(false, ordering: .sequentiallyConsistent)
    }
}
