// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Logging
internal import Names
internal import Threads

/// The state of a connection and what drives it; touched by its loop's thread only.
///
/// Frames are read when the socket has some, before anything new is written in the turn: a `connection.blocked` or a
/// close is noticed first. What is published or asked in a turn gathers in `output` and is sent at the turn's end. No
/// lock is held anywhere in here, and nothing waits.
final class ConnectionCore: EventSource, Flushable, @unchecked Sendable {
    // Sound: the handle enters through the loop, and everything else in here is called by the loop.

    enum Phase {
        case idle
        /// A thread of its own connects and logs in.
        case dialing
        /// The channels are being opened.
        case opening
        case open
        /// `connection.close` was sent.
        case closing
        case finished
    }

    enum Command {
        case publish(PublishRequest, Int)
        case perform([ChannelMethod], Int, @Sendable (Result<[MethodReply], AMQPError>) -> Void)
    }

    /// Publishes are encoded only while fewer bytes than this wait for the socket.
    static let outputHighWaterBytes = 256 << 10
    static let sweepInterval = Duration.milliseconds(50)

    let candidates: BrokerCandidates
    /// What the candidates have in common; the preferred one's.
    let configuration: ConnectionConfiguration
    let loop: EventLoop
    /// Where the user is told.
    let home: EventLoop
    let logger: Logger
    /// The handle, held from start to end: those who let go of it still get what they were promised.
    var connection: Connection?
    var phase = Phase.idle
    var startCompletion: (@Sendable (Result<Void, AMQPError>) -> Void)?
    var openDeadline: Moment?
    /// The attempts under way, while there are any.
    var dialing: Dialing?
    var closeDeadline: Moment?
    var closeCompletions: [@Sendable () -> Void] = []
    var isAborted = false

    var transport: Transport?
    var watch: Watch?
    /// For a transport whose writes may wait.
    var watchdog: Watchdog?
    var output = OutputBuffer()
    var frameMaximum = 4096
    var heartbeats: HeartbeatMonitor
    var silence: SilenceMonitor
    /// The broker that this is connected to; the preferred one until then.
    var peer: ConnectionConfiguration
    var channels: [ChannelCore] = []
    var isBlocked = false

    /// What waits for the connection to open, or for room in the output.
    var commands = Deque<Command>()
    var outboxBytes = 0
    var declared = DeclaredExchanges()
    var boundQueues = DeclaredBindings()
    var strings = RepeatedStrings()

    // What has happened and nobody has been told yet.
    var events: [ConnectionEvent] = []
    var deliveries: [Delivery] = []
    var deliveredBytes = 0
    var conclusions: [PublishConclusion] = []

    var nextSweep: Moment
    /// When what may lie in the socket unnoticed is read at the latest; nil while every byte wakes the loop.
    var patientUntil: Moment?
    /// Whether the end of this turn reads although nothing has said that the socket has something.
    var readsAlong = false
    private var timer: DeadlineTimer?
    /// When the timer fires; nil once it has.
    private var armed: Moment?
    private var isFlushAsked = false
    private var isReadAsked = false

    init(_ candidates: BrokerCandidates, loop: EventLoop, home: EventLoop, logger: Logger) {
        self.candidates = candidates
        configuration = candidates.preferred
        self.loop = loop
        self.home = home
        self.logger = logger
        let now = Moment.now
        heartbeats = HeartbeatMonitor(interval: .zero, now: now)
        silence = SilenceMonitor(limit: candidates.preferred.silenceLimit, now: now)
        peer = candidates.preferred
        nextSweep = now
        timer = DeadlineTimer(loop: loop) { [weak self] now in self?.timerFired(now) }
    }

    func isReady(_ readiness: Readiness) {
        enter { () throws(AMQPError) in
            if readiness.contains(.readable) { try readFrames(isReadable: true) }
            if readiness.contains(.writable) { askFlush() }
        }
    }

    func loopDidEnd() { abort() }

    /// Asks for what was gathered to be written at the end of the turn.
    func askFlush() {
        guard !isFlushAsked else { return }
        isFlushAsked = true
        loop.flushAtEnd(self)
    }

    /// Asks for the rest of the input to be read in the next turn, after other connections and clients have had theirs.
    func askRead() {
        guard !isReadAsked else { return }
        isReadAsked = true
        loop.execute { [self] in
            isReadAsked = false
            enter { () throws(AMQPError) in try readFrames(isReadable: true) }
        }
    }

    func flush() {
        isFlushAsked = false
        enter { () throws(AMQPError) in
            try readAlong()
            repeat {
                runCommands()
                try writeOutput()
            } while !commands.isEmpty && output.pendingBytes < Self.outputHighWaterBytes && phase == .open
            try closeIfIdle()
        }
        arm()
    }

    /// Runs a piece of work, whose failure ends the connection, and then tells what came of it.
    func enter(_ work: () throws(AMQPError) -> Void) {
        guard phase != .finished else { return }
        do throws(AMQPError) { try work() } catch { finish(error) }
        tell()
    }

    /// Hands over what has happened, in its order.
    func tell() {
        // Nearly always deliveries and confirms are all there is, and then nothing is put in line.
        if events.isEmpty, home === loop, let connection { return tellDirectly(connection) }
        gatherEvents()
        guard !events.isEmpty, let connection else { return }
        let told = events
        events.removeAll(keepingCapacity: true)
        connection.tell(told)
    }

    private func tellDirectly(_ connection: Connection) {
        if !deliveries.isEmpty {
            let batch = exchange(&deliveries, with: [])
            deliveredBytes = 0
            loop.tellFollowers()
            connection.delegate?.connection(connection, didReceive: batch)
            recycle(batch)
        }
        guard !conclusions.isEmpty else { return }
        var batch = exchange(&conclusions, with: [])
        for index in batch.indices { outboxBytes -= batch[index].request.outboxBytes }
        for index in batch.indices { batch[index].request.conclude(batch[index].outcome) }
        batch.removeAll(keepingCapacity: true)
        if conclusions.isEmpty { conclusions = batch }
    }

    /// Keeps the memory of what was handed over. Consumers are on the first channel.
    private func recycle(_ told: consuming [Delivery]) {
        var batch = told
        if let channel = channels.first {
            for index in batch.indices { channel.assembler.recycle(exchange(&batch[index].body, with: [])) }
        }
        batch.removeAll(keepingCapacity: true)
        if deliveries.isEmpty { deliveries = batch }
    }

    /// Puts what was collected apart from the other events into line with them.
    func gatherEvents() {
        if !deliveries.isEmpty {
            events.append(.deliveries(deliveries))
            deliveries = []
            deliveredBytes = 0
        }
        for conclusion in conclusions {
            outboxBytes -= conclusion.request.outboxBytes
            events.append(.conclusion(conclusion))
        }
        conclusions.removeAll(keepingCapacity: true)
    }

    // MARK: Time

    /// What comes up while the timer is about to fire is looked at then.
    private func arm() {
        if let armed, armed <= loop.now + Self.patience { return }
        guard let next = nextInstant else { return }
        armed = next
        timer?.arm(next)
    }

    private var nextInstant: Moment? {
        guard phase != .finished else { return nil }
        var next = heartbeats.nextInstant
        func consider(_ instant: Moment?) {
            if let instant { next = min(next ?? instant, instant) }
        }
        consider(openDeadline)
        consider(dialing?.schedule.nextStart)
        consider(closeDeadline)
        consider(patientUntil)
        if needsSweeps { consider(nextSweep) }
        for channel in channels where !channel.calls.isEmpty {
            consider(channel.nextDeadline)
            consider(nextSweep)
        }
        return next
    }

    private func timerFired(_ now: Moment) -> Moment? {
        armed = nil
        enter { () throws(AMQPError) in
            if let openDeadline, openDeadline <= now {
                throw AMQPError(.connectTimedOut, "connecting took too long")
            }
            try hedge(now)
            try failOverdueCalls(now)
            try endPatience(now)
            sweep(now)
            try serveHeartbeats(now)
            if let closeDeadline, closeDeadline <= now { finish(nil) }
        }
        if !output.isEmpty || closeDeadline != nil { askFlush() }
        armed = nextInstant
        return armed
    }

    private func failOverdueCalls(_ now: Moment) throws(AMQPError) {
        for channel in channels {
            guard let deadline = channel.nextDeadline, deadline <= now, let call = channel.calls.first else { continue }
            // A reply that comes later would be taken for another call's: the connection cannot go on.
            throw AMQPError(.timedOut, "the broker did not answer in time (\(call.request))")
        }
    }

    /// Sends a heartbeat when one is due; ends the connection when the peer has gone silent.
    private func serveHeartbeats(_ now: Moment) throws(AMQPError) {
        guard transport != nil else { return }
        switch heartbeats.action(at: now) {
        case .nothing: return
        case .declareDead: throw AMQPError(.heartbeatMissed, "nothing came from the broker for two heartbeats")
        case .send:
            // A full socket shows that bytes are on their way; one heartbeat behind them is enough.
            if output.isEmpty { output.write { FrameEncoder.appendHeartbeat(to: &$0) } }
            heartbeats.didSend(at: now)
        }
    }
}
