// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
@preconcurrency import Glibc
internal import HeapModule
internal import Synchronization

/// One thread that serves descriptors, timers and work from other threads.
///
/// A turn waits for events, tells the sources whose descriptors are ready, takes the inbox, fires timers, lets the turn
/// takers do their work, and at its end flushes what has gathered output, so that the output of many small pieces of
/// work leaves with one system call. What belongs to a loop is touched by its thread alone and needs no lock; other
/// threads enter through `run` and `execute`.
///
/// `start()` begins, `stop()` ends after the turn under way; what still waits in the inbox then runs before the end, and
/// later work is dropped. A loop that was started keeps itself alive until it has ended.
public final class EventLoop: @unchecked Sendable {
    // Sound: the first group of properties is constant or synchronised by itself. The second is touched by the loop's
    // thread alone, which the functions that touch it demand.
    private let name: String
    let epoll: Int32
    private let wakeUp: WakeUp
    private let inbox = Guarded(Inbox())
    private let lastTurn = Atomic<Int64>(0)
    private let ended: WakeUp

    /// The moment at which the present turn began; a clock for whatever does not need one finer than a turn.
    public private(set) var now = Moment.now
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var events = [epoll_event](repeating: epoll_event(), count: EventLoop.eventsATurn)
    private var timers = Heap<TimerEntry>()
    private var turnTakers: [any TurnTaker] = []
    private var flushables: [any Flushable] = []
    private var followers: [any Follower] = []
    private var deferred: [@Sendable () -> Void] = []
    private var isStopping = false

    private struct Inbox {
        var work: [@Sendable () -> Void] = []
        var isStopped = false
        var hasEnded = false
    }

    private struct Slot {
        var source: (any EventSource)?
        /// Tells events of an earlier watch in the same slot from those of the present one.
        var generation: UInt32 = 0
    }

    private struct TimerEntry: Comparable {
        var instant: Moment
        var timer: DeadlineTimer

        static func < (left: TimerEntry, right: TimerEntry) -> Bool { left.instant < right.instant }
        static func == (left: TimerEntry, right: TimerEntry) -> Bool { left.instant == right.instant }
    }

    private static let eventsATurn = 256
    /// What an event's data holds for the loop's own wake-up.
    private static let wakeUpData = UInt64.max

    /// Makes a loop that does not turn yet.
    ///
    /// - Parameter name: what `top -H` and debuggers show, 15 bytes at most.
    public init(name: String) throws(OutOfResources) {
        self.name = name
        wakeUp = try WakeUp()
        ended = try WakeUp()
        epoll = clinux_epoll_create()
        guard epoll >= 0 else { throw OutOfResources(resource: .descriptors, error: errno) }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = Self.wakeUpData
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp.fileDescriptor, &event) == 0 else {
            throw OutOfResources(resource: .descriptors, error: errno)
        }
    }

    deinit { close(epoll) }

    /// The loop whose thread this is; nil on any other thread.
    public static var current: EventLoop? { loops.current }

    private static let loops = ThreadReference<EventLoop>()

    /// Whether this is the loop's thread.
    public var isCurrent: Bool { Self.loops.isCurrent(self) }

    /// Starts the thread; called once.
    public func start() throws(OutOfResources) {
        now = .now
        noteTurn()
        // Never joined: `waitUntilEnded` waits for its end with a limit, which a join does not have.
        _ = try OwnedThread(name: name) { self.turnUntilStopped() }
    }

    /// Makes the loop end after the turn under way; callable from any thread.
    public func stop() {
        inbox.withLock { $0.isStopped = true }
        wakeUp.signalNow()
    }

    /// Waits for the end of the thread; false when it has not come by the deadline. Not to be called on the loop's thread.
    public func waitUntilEnded(deadline: Moment) -> Bool {
        while true {
            if ended.wait(milliseconds: (deadline - .now).waitMilliseconds) { return true }
            if deadline <= .now { return false }
        }
    }

    /// How long ago the loop last began a turn; while it is idle it need not begin one.
    public var turnAge: Duration {
        .nanoseconds(Self.nanoseconds() - lastTurn.load(ordering: .relaxed))
    }

    private func noteTurn() { lastTurn.store(Self.nanoseconds(), ordering: .relaxed) }

    private static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

// MARK: Any thread

extension EventLoop {
    /// Runs the work at once when this is the loop's thread, and otherwise in the loop's next turn.
    public func run(_ work: @escaping @Sendable () -> Void) {
        if isCurrent { work() } else { execute(work) }
    }

    /// Runs the work in the loop's next turn; work is done in the order in which it came. Dropped once the loop has ended.
    public func execute(_ work: @escaping @Sendable () -> Void) {
        if isCurrent { return deferred.append(work) }
        if enter(work) { wakeUp.signal() }
    }

    /// Like `execute`, for the thread of another loop whose turn may get stuck: the wake-up does not wait for the turn's end.
    public func executeNow(_ work: @escaping @Sendable () -> Void) {
        if isCurrent { return deferred.append(work) }
        _ = enter(work)
        // Even behind work of others: their wake-up may wait for the end of a turn.
        wakeUp.signalNow()
    }

    /// Like `execute`; false when the loop has ended, and then the work is not done.
    public func executeUnlessEnded(_ work: @escaping @Sendable () -> Void) -> Bool {
        if isCurrent {
            deferred.append(work)
            return true
        }
        let isTaken = inbox.withLock { inbox in
            if !inbox.hasEnded { inbox.work.append(work) }
            return !inbox.hasEnded
        }
        if isTaken { wakeUp.signal() }
        return isTaken
    }

    /// Puts work into the inbox; returns whether it is the first there.
    private func enter(_ work: @escaping @Sendable () -> Void) -> Bool {
        inbox.withLock { inbox in
            guard !inbox.hasEnded else { return false }
            inbox.work.append(work)
            return inbox.work.count == 1
        }
    }
}

// MARK: The loop's thread

extension EventLoop {
    /// Watches a descriptor until the watch is ended, which has to be done before the descriptor is closed.
    public func watch(
        _ descriptor: Int32,
        for interest: Readiness,
        _ source: any EventSource
    ) throws(OutOfResources) -> Watch {
        let slot = takeSlot(source)
        var event = Self.event(slot: slot, generation: slots[slot].generation, interest)
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            let error = errno
            freeSlot(slot)
            throw OutOfResources(resource: .descriptors, error: error)
        }
        return Watch(loop: self, descriptor: descriptor, slot: slot, interest: interest)
    }

    /// Tells a source of the loop's end, and of nothing else, until the watch is ended.
    public func watchEnd(_ source: any EventSource) -> Watch {
        Watch(loop: self, descriptor: nil, slot: takeSlot(source), interest: [])
    }

    /// Adds one that takes part in every turn, after those added before.
    public func add(_ taker: any TurnTaker) { turnTakers.append(taker) }

    /// Takes it out again.
    public func remove(_ taker: any TurnTaker) { turnTakers.removeAll { $0 === taker } }

    /// Has something flushed once, at the end of this turn; to be asked for once a turn.
    public func flushAtEnd(_ flushable: any Flushable) { flushables.append(flushable) }

    /// Has a source told whenever another has input, until it is removed.
    public func add(follower: any Follower) { followers.append(follower) }

    /// Takes it out again.
    public func remove(follower: any Follower) { followers.removeAll { $0 === follower } }

    /// Tells the followers, which let their input lie, that others have some.
    public func tellFollowers() {
        for follower in followers { follower.othersHadInput() }
    }

    func schedule(_ timer: DeadlineTimer, at instant: Moment) {
        timers.insert(TimerEntry(instant: instant, timer: timer))
    }

    func generation(of slot: Int) -> UInt32 { slots[slot].generation }

    private func takeSlot(_ source: any EventSource) -> Int {
        guard let slot = freeSlots.popLast() else {
            slots.append(Slot(source: source))
            return slots.count - 1
        }
        slots[slot].source = source
        return slot
    }

    func freeSlot(_ slot: Int) {
        // A watch may outlive the loop's turns.
        guard slot < slots.count else { return }
        slots[slot].source = nil
        slots[slot].generation &+= 1
        freeSlots.append(slot)
    }

    static func event(slot: Int, generation: UInt32, _ interest: Readiness) -> epoll_event {
        var event = epoll_event()
        if interest.contains(.readable) { event.events |= EPOLLIN.rawValue }
        if interest.contains(.writable) { event.events |= EPOLLOUT.rawValue }
        event.data.u64 = UInt64(slot) << 32 | UInt64(generation)
        return event
    }

    private func turnUntilStopped() {
        Self.loops.current = self
        defer { Self.loops.current = nil }
        let wakeUps = WakeUpBatch(ignoring: wakeUp)
        while !isStopping {
            let count = wait()
            // What is told to other threads in a turn wakes each of them once, at its end.
            wakeUps.run { turn(count) }
        }
        wakeUps.run { finish() }
    }

    private func wait() -> Int {
        let count = epoll_pwait(epoll, &events, Int32(Self.eventsATurn), waitMilliseconds, nil)
        now = .now
        noteTurn()
        return max(0, Int(count))
    }

    private var waitMilliseconds: Int32 {
        if !deferred.isEmpty { return 0 }
        var wait = timers.min.map { Moment.now.duration(to: $0.instant).waitMilliseconds }
        for taker in turnTakers {
            if let limit = taker.maximumWait { wait = min(wait ?? limit, limit) }
        }
        return wait ?? -1
    }

    private func turn(_ count: Int) {
        for index in 0..<count { tell(events[index]) }
        takeInbox()
        fireTimers()
        for taker in turnTakers { taker.takeTurn() }
        flush()
    }

    private func tell(_ event: epoll_event) {
        guard event.data.u64 != Self.wakeUpData else { return wakeUp.clear() }
        let slot = Int(event.data.u64 >> 32)
        guard slots[slot].generation == UInt32(truncatingIfNeeded: event.data.u64) else { return }
        var readiness: Readiness = []
        // Hang-up and error count as readable: the read says what has happened.
        if event.events & ~EPOLLOUT.rawValue != 0 { readiness.insert(.readable) }
        if event.events & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
        slots[slot].source?.isReady(readiness)
    }

    private func takeInbox() {
        if !deferred.isEmpty {
            let own = deferred
            deferred = []
            for work in own { work() }
        }
        let (work, isStopped) = inbox.withLock { inbox in
            defer { if !inbox.work.isEmpty { inbox.work = [] } }
            return (inbox.work, inbox.isStopped)
        }
        for work in work { work() }
        isStopping = isStopped
    }

    private func fireTimers() {
        while let next = timers.min, next.instant <= now {
            timers.removeMin()
            next.timer.fireIfDue(now)
        }
    }

    private func flush() {
        while !flushables.isEmpty {
            let round = flushables
            flushables.removeAll(keepingCapacity: true)
            for flushable in round { flushable.flush() }
        }
    }

    private func tellSources() {
        var slot = 0
        while slot < slots.count {
            let source = slots[slot].source
            slots[slot].source = nil
            source?.loopDidEnd()
            slot += 1
        }
    }

    /// Does what was left in the inbox, and lets go of everything that the loop holds, since it may lead back to the
    /// loop.
    private func finish() {
        takeInbox()
        tellSources()
        let rest = inbox.withLock { inbox in
            inbox.hasEnded = true
            defer { inbox.work = [] }
            return inbox.work
        }
        deferred += rest
        repeat {
            let work = deferred
            deferred = []
            for work in work { work() }
            flush()
            // That work may have begun to watch.
            tellSources()
        } while !deferred.isEmpty
        (slots, freeSlots, turnTakers, followers, deferred) = ([], [], [], [], [])
        timers = Heap()
        ended.signalNow()
    }
}
