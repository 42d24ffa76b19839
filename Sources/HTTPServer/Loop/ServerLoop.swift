//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import CMicrohttpd
@preconcurrency internal import Glibc
internal import Logging
internal import Synchronization
internal import Threads

/// One thread with its listening socket, its libmicrohttpd daemon and their connections.
///
/// libmicrohttpd's own thread is not used: when a turn of it finds 128 ready connections it waits for another event
/// before it serves any. This loop waits outside and calls `MHD_run`, which does not wait.
final class ServerLoop: ResumeQueue, @unchecked Sendable {
    // Sound: the first group of properties is constant or synchronised by itself. The second is touched by the loop's
    // thread alone, and by `init` and `start` before that thread runs.
    let configuration: HTTPServerConfiguration
    let handler: any HTTPRequestHandler
    let counters: ServerCounters
    let logger: Logger
    let idleMilliseconds: UInt64
    let readMilliseconds: UInt64
    let streamStallMilliseconds: UInt64
    private let number: Int
    private let wakeUp = WakeUp()
    /// What the handler wakes in a turn, which is whoever publishes the calls; touched by the loop's thread only.
    private let wakeUps = WakeUpBatch()
    private let stopped = WakeUp()
    /// Answered requests to be resumed; nil when the loop has ended, because what they hold leads back to it.
    private let resumable = Guarded<[PendingRequest]?>([])
    private let orders = Atomic<UInt64>(DrainOrder.none)
    private let lastTurn: Atomic<UInt64>

    let daemon: OpaquePointer
    private let context: LibraryContext
    private(set) var listener: Int32
    private(set) var now: UInt64
    /// When accepting goes on after a rest.
    var acceptsAgain: UInt64 = 0
    /// The address of the connection that is just being handed to libmicrohttpd.
    var accepted: String?
    var connections: [HTTPConnection] = []
    var lingering = LingeringSockets()
    let peers = StreamPeers()
    private(set) var isDraining = false
    private(set) var isStopping = false
    private var drainDeadline: UInt64 = .max
    private var nextSweep: UInt64 = 0

    /// Takes over the listening socket; nil, with the socket closed, when libmicrohttpd cannot start.
    init?(
        number: Int,
        listener: ListeningSocket,
        configuration: HTTPServerConfiguration,
        handler: any HTTPRequestHandler,
        counters: ServerCounters,
        logger: Logger
    ) {
        let now = MonotonicClock.milliseconds()
        let context = LibraryContext(logger: logger)
        guard let daemon = context.startDaemon(configuration) else {
            close(listener.descriptor)
            return nil
        }
        self.number = number
        self.listener = listener.descriptor
        self.configuration = configuration
        self.handler = handler
        self.counters = counters
        self.logger = logger
        self.idleMilliseconds = configuration.idleTimeout.wholeMilliseconds
        self.readMilliseconds = configuration.readTimeout.wholeMilliseconds
        self.streamStallMilliseconds = configuration.streamStallTimeout.wholeMilliseconds
        self.daemon = daemon
        self.context = context
        self.now = now
        self.lastTurn = Atomic(now)
        context.loop = self
    }

    /// Closes a loop that was never started.
    func abandon() {
        close(listener)
        MHD_stop_daemon(daemon)
        context.loop = nil
    }

    /// Starts the thread; it keeps the loop alive until it has stopped.
    func start() {
        let thread = OwnedThread(name: "http-\(number)") { self.run() }
        // Never joined: `stopped` tells of its end within a limit of time, which a join could not.
        _ = thread
    }

    /// How long ago the loop last began a turn; it does so every second at least.
    var turnAge: Duration {
        let last = lastTurn.load(ordering: .relaxed)
        let now = MonotonicClock.milliseconds()
        return .milliseconds(now > last ? now - last : 0)
    }

    // MARK: Any thread

    func resume(_ pending: PendingRequest) {
        let count = resumable.withLock { queue in
            queue?.append(pending)
            return queue?.count
        }
        guard let count else { return pending.abandon() }
        if count == 1 { wakeUp.signal() }
    }

    /// Begins to drain, without an end of its own.
    func beginDrain() {
        // An earlier order with a deadline stays.
        _ = orders.compareExchange(expected: DrainOrder.none, desired: DrainOrder.endless, ordering: .relaxed)
        wakeUp.signal()
    }

    /// Begins to drain and stops when all is answered, at the deadline at the latest.
    func beginDrain(until deadline: ContinuousClock.Instant) {
        let left = max(.zero, deadline - .now)
        orders.store(MonotonicClock.milliseconds() + left.wholeMilliseconds, ordering: .relaxed)
        wakeUp.signal()
    }

    /// Waits for the end of the thread; false when it has not come by then.
    func waitUntilStopped(limit: ContinuousClock.Instant) -> Bool {
        var descriptor = pollfd(fd: stopped.fileDescriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let left = max(.zero, limit - .now)
            let result = poll(&descriptor, 1, Int32(clamping: left.wholeMilliseconds))
            if result > 0 { return true }
            if result == 0, limit <= .now { return false }
        }
    }

    // MARK: Loop thread

    private func run() {
        nextSweep = now + sweepInterval
        while !isFinished {
            waitForEvents()
            wakeUps.run {
                beginTurn()
                MHD_run(daemon)
            }
            lingering.turn(now: now)
            if now >= nextSweep { sweep() }
        }
        finish()
    }

    private func beginTurn() {
        now = MonotonicClock.milliseconds()
        lastTurn.store(now, ordering: .relaxed)
        obeyOrders()
        if hasEndedPeers { peers.turn() }
        for pending in takeResumable() { MHD_resume_connection(pending.connection) }
        acceptConnections()
    }

    private func takeResumable() -> [PendingRequest] {
        resumable.withLock { queue in
            // Most turns have none, and an empty array costs nothing to swap in.
            guard let taken = queue, !taken.isEmpty else { return [] }
            queue = []
            return taken
        }
    }

    private func waitForEvents() {
        let accepts = listener >= 0 && acceptsAgain <= now
        var descriptors = (
            pollfd(fd: wakeUp.fileDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: cmicrohttpd_epoll_descriptor(daemon), events: Int16(POLLIN), revents: 0),
            pollfd(fd: accepts ? listener : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: peers.fileDescriptor, events: Int16(POLLIN), revents: 0)
        )
        withUnsafeMutableBytes(of: &descriptors) { bytes in
            _ = poll(bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 4, waitMilliseconds)
        }
        if descriptors.0.revents != 0 { wakeUp.clear() }
        hasCaller = descriptors.2.revents != 0
        hasEndedPeers = descriptors.3.revents != 0
    }

    /// Whether the last wait found a connection to accept.
    private(set) var hasCaller = false
    /// Whether it found a stream whose client has gone.
    private var hasEndedPeers = false

    private var waitMilliseconds: Int32 {
        var libraryWait: UInt64 = 0
        let hasWait = MHD_get_timeout(daemon, &libraryWait) == .YES
        let next = isDraining && !isStopping ? min(nextSweep, drainDeadline) : nextSweep
        let own = min(lingering.isEmpty ? 1_000 : 20, next > now ? next - now : 0)
        return Int32(clamping: hasWait ? min(libraryWait, own) : own)
    }

    private var sweepInterval: UInt64 {
        max(5, min(500, min(idleMilliseconds, readMilliseconds, streamStallMilliseconds) / 10))
    }

    private func sweep() {
        nextSweep = now + sweepInterval
        for connection in connections {
            if connection.deadline <= now { connection.expire() } else { connection.closeIfPeerEnded() }
        }
    }

    // MARK: Draining

    private func obeyOrders() {
        let order = orders.load(ordering: .relaxed)
        guard order != DrainOrder.none else { return }
        if !isDraining { beginDraining() }
        drainDeadline = order
        if now >= drainDeadline, !isStopping { giveUpRequests() }
    }

    private func beginDraining() {
        isDraining = true
        close(listener)
        listener = -1
        for connection in connections {
            connection.closeIfIdle()
            connection.shutDownStream()
        }
    }

    private func giveUpRequests() {
        isStopping = true
        for connection in connections { connection.giveUp() }
        nextSweep = now
    }

    private var isFinished: Bool {
        guard isDraining, drainDeadline != DrainOrder.endless else { return false }
        // Half a second for the 503 answers to leave.
        return connections.isEmpty && lingering.isEmpty || now >= drainDeadline + 500
    }

    private func finish() {
        // The library aborts the process if a connection is suspended when it stops, so all are resumed, and given one
        // turn in which they are answered.
        isStopping = true
        for connection in connections { connection.giveUp() }
        for pending in takeResumable() { MHD_resume_connection(pending.connection) }
        MHD_run(daemon)
        // Left are those whose answer another thread is just about to give: it has claimed the request and not queued it.
        for connection in connections where connection.isSuspended { MHD_resume_connection(connection.library) }
        MHD_run(daemon)
        MHD_stop_daemon(daemon)
        lingering.closeAll()
        resumable.withLock { $0 = nil }
        context.loop = nil
        stopped.signal()
    }
}

/// When a draining loop stops, in milliseconds of the monotonic clock.
enum DrainOrder {
    /// The loop serves.
    static let none: UInt64 = 0
    /// The loop drains and then waits for a deadline.
    static let endless: UInt64 = .max
}
