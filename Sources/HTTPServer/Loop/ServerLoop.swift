// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import CMicrohttpd
@preconcurrency internal import Glibc
internal import Logging
internal import Synchronization
internal import Threads

/// The HTTP side of an event loop: listening sockets, a libmicrohttpd daemon and their connections.
///
/// libmicrohttpd's own thread is not used: when a turn of it finds 128 ready connections it waits for another event
/// before it serves any. The event loop waits outside, for the library's epoll descriptor among others, and in each turn
/// `MHD_run`, which does not wait, is called where there is something for it to do.
final class ServerLoop: ResumeQueue, TurnTaker, @unchecked Sendable {
    // Sound: the first group of properties is constant or synchronised by itself. The second is touched by the loop's
    // thread alone, and by `init` before that thread knows of it.
    let configuration: HTTPServerConfiguration
    let handler: any HTTPRequestHandler
    let counters: ServerCounters
    let logger: Logger
    let idleMilliseconds: UInt64
    let readMilliseconds: UInt64
    let streamStallMilliseconds: UInt64
    /// How long an answer that the client does not take may lie.
    let stallMilliseconds: UInt64
    let eventLoop: EventLoop
    /// Requests that other threads have answered, to be resumed; nil once the loop has ended, because what they hold
    /// leads back to it.
    private let resumable = Guarded<[PendingRequest]?>([])
    private let stopped: WakeUp

    let daemon: OpaquePointer
    /// What the connections' TLS is; nil where none is spoken.
    let tls: LoopTLS?
    /// The descriptor that the library waits with.
    let libraryDescriptor: Int32
    private let context: LibraryContext
    let listeners: [LoopListener]
    private(set) var now: UInt64
    /// When accepting goes on after a rest.
    private var acceptsAgain: UInt64 = 0
    /// The connection that is just being handed to libmicrohttpd.
    var accepted: (origin: ClientOrigin, place: Place, listener: LoopListener)?
    var connections: [HTTPConnection] = []
    var lingering: LingeringSockets
    var crowd: Crowd
    var idle = IdleConnections()
    let peers = Peers()
    /// Whether every answer is the last on its connection.
    private(set) var closesAnswers = false
    private(set) var isDraining = false
    /// When a draining server closes the connections that have been idle since it began to.
    private var idleGraceEnd = UInt64.max
    private static let idleGraceMilliseconds: UInt64 = 250
    private(set) var isStopping = false
    private var hasEnded = false
    private var drainDeadline = UInt64.max
    private var nextSweep: UInt64
    /// When libmicrohttpd wants to run although none of its sockets is ready; never, where that is not known.
    private var libraryDue: UInt64 = 0
    private var watches: [Watch] = []
    private var peersWatch: Watch?
    /// Requests that this thread has answered, to be resumed.
    private var ownResumable: [PendingRequest] = []

    /// How many clients a sweep may begin to watch: each costs a system call, and nobody else is served meanwhile.
    private static let watchesASweep = 2_048
    private var watchesLeft = 0
    /// Connections that the library is to read in the next turn.
    private var toWake: [HTTPConnection] = []
    /// Those that it is told of in this turn, in a run of their own: with an event of a socket in the same run, one of
    /// the two would be lost.
    private var readable: [HTTPConnection] = []
    /// What sockets are read into; its size is the most that is read at once.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    /// Whether this turn found something to read for libmicrohttpd, a connection to accept, or a client that has gone.
    private var hasLibraryEvent = false
    private var hasCaller = false
    private var hasEndedPeers = false

    /// Takes over the listening sockets; nil, with the sockets closed, when libmicrohttpd cannot start.
    init?(
        eventLoop: EventLoop,
        listeners: [LoopListener],
        configuration: HTTPServerConfiguration,
        handler: any HTTPRequestHandler,
        counters: ServerCounters,
        places: ConnectionPlaces,
        tls: ServerTLS?,
        logger: Logger
    ) {
        let now = Moment.now.milliseconds
        let context = LibraryContext(logger: logger)
        guard let stopped = try? WakeUp(),
            let daemon = context.startDaemon(configuration, places, speaksTLS: tls != nil)
        else {
            for listener in listeners { listener.close() }
            return nil
        }
        self.eventLoop = eventLoop
        self.stopped = stopped
        self.listeners = listeners
        self.configuration = configuration
        self.handler = handler
        self.counters = counters
        self.logger = logger
        self.idleMilliseconds = configuration.idleTimeout.clockMilliseconds
        self.readMilliseconds = configuration.readTimeout.clockMilliseconds
        self.streamStallMilliseconds = configuration.streamStallTimeout.clockMilliseconds
        self.stallMilliseconds = (configuration.idleTimeout + configuration.readTimeout).clockMilliseconds
        self.daemon = daemon
        self.tls = tls.map { LoopTLS($0, configuration) }
        libraryDescriptor = cmicrohttpd_epoll_descriptor(daemon)
        self.context = context
        self.now = now
        lingering = LingeringSockets(capacity: places.lingeringPerLoop)
        crowd = Crowd(urgentPlaces: places.urgentPerLoop)
        nextSweep = now
        context.loop = self
    }

    deinit { readBuffer.deallocate() }

    /// Closes a loop that was never started.
    func abandon() {
        for listener in listeners { listener.close() }
        MHD_stop_daemon(daemon)
        context.loop = nil
    }

    /// Begins to serve; waits until the event loop has taken this in, so it must not be called on that loop's thread.
    ///
    /// - Throws: when the event loop cannot watch the sockets; nothing is served then.
    func start() throws(OutOfResources) {
        let outcome = Guarded<OutOfResources?>(nil)
        let isDone = try WakeUp()
        eventLoop.execute { [self] in
            do throws(OutOfResources) {
                try install()
            } catch {
                outcome.withLock { $0 = error }
            }
            isDone.signal()
        }
        isDone.wait()
        if let error = outcome.withLock({ $0 }) { throw error }
    }

    /// How long ago the loop last began a turn; it does so every second at least.
    var turnAge: Duration { eventLoop.turnAge }

    // MARK: Any thread

    func resume(_ pending: PendingRequest) {
        // They are taken at the end of this turn, or at the start of the next one.
        if eventLoop.isCurrent, !hasEnded { return ownResumable.append(pending) }
        let count = resumable.withLock { queue in
            queue?.append(pending)
            return queue?.count
        }
        guard let count else { return pending.abandon(.shuttingDown) }
        if count == 1 { eventLoop.execute {} }
    }

    /// Says what is kept with the requests that wait.
    func tellAttachments(_ take: @escaping @Sendable ([any RequestAttachment]) -> Void) {
        eventLoop.execute { [self] in
            take(connections.compactMap { if case .waiting = $0.stage { $0.attachment } else { nil } })
        }
    }

    /// Makes every answer from here on the last on its connection.
    func announceEnd() {
        eventLoop.execute { [self] in closesAnswers = true }
    }

    /// Begins to drain, without an end of its own.
    func beginDrain() {
        eventLoop.execute { [self] in beginDraining() }
    }

    /// Begins to drain, and stops when all requests are answered, at the deadline at the latest.
    func beginDrain(until deadline: Moment) {
        let left = max(.zero, deadline - .now).clockMilliseconds
        eventLoop.execute { [self] in
            beginDraining()
            drainDeadline = Moment.now.milliseconds + left
        }
    }

    /// Waits for the end; false when it has not come by then.
    func waitUntilStopped(limit: Moment) -> Bool {
        var descriptor = pollfd(fd: stopped.fileDescriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let result = poll(&descriptor, 1, (limit - .now).waitMilliseconds)
            if result > 0 { return true }
            if result == 0, limit <= .now { return false }
        }
    }

    // MARK: The loop's thread

    private func install() throws(OutOfResources) {
        do throws(OutOfResources) {
            let library = ReadySignal { [self] in hasLibraryEvent = true }
            watches.append(try eventLoop.watch(libraryDescriptor, for: .readable, library))
            for listener in listeners {
                let caller = ReadySignal { [self] in (hasCaller, listener.hasCaller) = (true, true) }
                try listener.begin(on: eventLoop, caller)
            }
        } catch {
            endWatches()
            throw error
        }
        now = eventLoop.now.milliseconds
        nextSweep = now + sweepInterval
        eventLoop.add(self)
    }

    func takeTurn() {
        now = eventLoop.now.milliseconds
        if isDraining, now >= drainDeadline, !isStopping { giveUpRequests() }
        if hasEndedPeers { peers.turn() }
        if let tls { advanceHandshakes(tls) }
        let hasResumed = resumeAnswered()
        if hasCaller { acceptConnections() }
        let isTold = !readable.isEmpty
        if isTold { tellLibrary() }
        if hasCaller || hasLibraryEvent || now >= libraryDue || hasResumed && !isTold { MHD_run(daemon) }
        (hasLibraryEvent, hasCaller, hasEndedPeers) = (false, false, false)
        lingering.turn(now: now)
        if now >= nextSweep { sweep() }
        if isFinished { finish() }
    }

    var maximumWait: Int32? {
        guard ownResumable.isEmpty, toWake.isEmpty, readable.isEmpty, tls?.handshakes.isIdle ?? true else { return 0 }
        var wait: UInt64 = 0
        let hasWait = MHD_get_timeout(daemon, &wait) == .YES
        libraryDue = hasWait ? now + wait : .max
        let next = isDraining && !isStopping ? min(nextSweep, drainDeadline) : nextSweep
        let own = min(lingering.isEmpty ? 1_000 : 20, next > now ? next - now : 0)
        return Int32(clamping: hasWait ? min(wait, own) : own)
    }

    /// Has libmicrohttpd take the answers that are there; returns whether there are any.
    private func resumeAnswered() -> Bool {
        let (own, others) = (ownResumable, takeResumable())
        // Most turns have none, and then nothing is allocated.
        if !own.isEmpty { ownResumable.removeAll(keepingCapacity: own.count <= 1_024) }
        for pending in own { pending.connection?.answerIsThere() }
        for pending in others { pending.connection?.answerIsThere() }
        let wakes = wakeOthers()
        return !own.isEmpty || !others.isEmpty || wakes
    }

    private func wakeOthers() -> Bool {
        guard !toWake.isEmpty else { return false }
        for connection in exchange(&toWake, with: []) { connection.wakeLibrary() }
        return true
    }

    /// Has the library read a connection the next time it is told of any, whether or not its socket has something.
    func read(_ connection: HTTPConnection) {
        connection.isToldReadable = true
        readable.append(connection)
    }

    private func tellLibrary() {
        ToldEvents.teller = self
        MHD_run(daemon)
        ToldEvents.teller = nil
    }

    /// The library asks which of its sockets are ready.
    func tell(into space: UnsafeMutableBufferPointer<epoll_event>) -> Int32 {
        var count = 0
        while count < space.count, let connection = readable.popLast() {
            // It may have been closed since.
            guard connection.place != .closed else { continue }
            space[count] = epoll_event(
                events: EPOLLIN.rawValue,
                data: epoll_data_t(ptr: UnsafeMutableRawPointer(connection.library))
            )
            count += 1
        }
        return Int32(count)
    }

    /// Has the library read a connection in the next turn.
    func wakeLater(_ connection: HTTPConnection) { toWake.append(connection) }

    private func takeResumable() -> [PendingRequest] {
        resumable.withLock { queue in
            guard let taken = queue, !taken.isEmpty else { return [] }
            queue = []
            return taken
        }
    }

    /// Pauses accepting, as there is no descriptor left.
    func restFromAccepting(milliseconds: UInt64) {
        acceptsAgain = now + milliseconds
        for listener in listeners { listener.rest() }
    }

    /// Watches for clients that leave, from the first one that waits or reads a stream.
    func watchPeers() {
        guard peersWatch == nil, peers.fileDescriptor >= 0 else { return }
        // Without a watch only the next write notices a client's end.
        peersWatch = try? eventLoop.watch(
            peers.fileDescriptor,
            for: .readable,
            ReadySignal { [self] in hasEndedPeers = true }
        )
    }

    private var sweepInterval: UInt64 {
        max(5, min(500, min(idleMilliseconds, readMilliseconds, streamStallMilliseconds) / 10))
    }

    /// Whether one more client may be watched in this sweep.
    func takeWatch() -> Bool {
        watchesLeft -= 1
        return watchesLeft >= 0
    }

    private func sweep() {
        nextSweep = now + (isDraining ? min(sweepInterval, 20) : sweepInterval)
        watchesLeft = Self.watchesASweep
        if acceptsAgain != 0, acceptsAgain <= now {
            acceptsAgain = 0
            for listener in listeners { listener.goOn() }
        }
        for connection in connections {
            if connection.deadline <= now { connection.expire() } else { connection.sweep() }
        }
        if now >= idleGraceEnd {
            for connection in connections { connection.closeIfIdle() }
        }
        relieveCrowd()
    }

    // MARK: Draining

    private func beginDraining() {
        guard !isDraining else { return }
        isDraining = true
        closesAnswers = true
        for listener in listeners {
            acceptLastConnections(from: listener)
            listener.close()
        }
        for connection in connections { connection.shutDownStream() }
        // A request may be on its way on a connection that looks idle.
        idleGraceEnd = now + Self.idleGraceMilliseconds
        nextSweep = min(nextSweep, idleGraceEnd)
    }

    private func giveUpRequests() {
        isStopping = true
        for connection in connections { connection.giveUp() }
        nextSweep = now
    }

    private var isFinished: Bool {
        guard isDraining, drainDeadline != .max else { return false }
        // Half a second for the 503 answers to leave.
        return connections.isEmpty && lingering.isEmpty || now >= drainDeadline + 500
    }

    private func finish() {
        // The library aborts the process if a connection is suspended when it stops, so all are woken, and given one turn
        // in which they are answered.
        isStopping = true
        for connection in connections { connection.giveUp() }
        _ = resumeAnswered()
        tellLibrary()
        MHD_run(daemon)
        for connection in connections { connection.prepareForEnd() }
        tellLibrary()
        MHD_run(daemon)
        endWatches()
        eventLoop.remove(self)
        hasEnded = true
        MHD_stop_daemon(daemon)
        lingering.closeAll()
        ownResumable = []
        idle = IdleConnections()
        resumable.withLock { $0 = nil }
        context.loop = nil
        stopped.signal()
    }

    private func endWatches() {
        for watch in watches { watch.end() }
        for listener in listeners { listener.endWatch() }
        peersWatch?.end()
        (watches, peersWatch) = ([], nil)
    }
}

/// Notes that a descriptor is ready; the work is done later in the turn.
private final class ReadySignal: EventSource {
    private let note: () -> Void

    init(_ note: @escaping () -> Void) { self.note = note }

    func isReady(_ readiness: Readiness) { note() }

    // The owner of the loops ends the server before them.
    func loopDidEnd() {}
}

extension Duration {
    /// Whole milliseconds, rounded up, at least 1 and at most what can be added to a clock.
    var clockMilliseconds: UInt64 {
        let (milliseconds, rest) = wholeNanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return max(1, UInt64(clamping: milliseconds) + (rest > 0 ? 1 : 0))
    }
}
