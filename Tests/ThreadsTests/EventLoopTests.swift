// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Threads

@Suite(.timeLimit(.minutes(1)))
struct EventLoopTests {
    private func started(_ name: String = "test-loop") throws -> EventLoop {
        let loop = try EventLoop(name: name)
        try loop.start()
        return loop
    }

    /// Runs work on the loop and waits for its result.
    private func on<Result: Sendable>(_ loop: EventLoop, _ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in loop.execute { continuation.resume(returning: work()) } }
    }

    @Test func workOfOtherThreadsRunsInItsOrderOnTheLoop() async throws {
        let loop = try started()
        let order = Guarded<[Int]>([])
        for number in 0..<1_000 {
            loop.execute { order.withLock { $0.append(loop.isCurrent ? number : -1) } }
        }
        _ = await on(loop) { true }
        #expect(order.withLock { $0 } == Array(0..<1_000))
        #expect(!loop.isCurrent && EventLoop.current == nil)
        #expect(await on(loop) { EventLoop.current === loop })
        loop.stop()
        #expect(loop.waitUntilEnded(deadline: .now + .seconds(10)))
    }

    @Test func runActsAtOnceOnTheLoopAndExecuteInTheNextTurn() async throws {
        let loop = try started()
        let order = await on(loop) {
            let order = Guarded<[Int]>([])
            loop.execute { order.withLock { $0.append(3) } }
            loop.run { order.withLock { $0.append(1) } }
            order.withLock { $0.append(2) }
            return order
        }
        _ = await on(loop) { true }
        #expect(order.withLock { $0 } == [1, 2, 3])
        loop.stop()
    }

    @Test func anUrgentTimerIsArmedByALoopThatIsStuckInItsTurn() async throws {
        let (stuck, guarding) = (try started("stuck"), try started("guarding"))
        let isFreed = await on(stuck) {
            guard let freed = try? WakeUp() else { return false }
            let timer = DeadlineTimer(loop: guarding, isUrgent: true) { _ in
                freed.signal()
                return nil
            }
            timer.arm(.now + .milliseconds(1))
            var descriptor = pollfd(fd: freed.fileDescriptor, events: Int16(POLLIN), revents: 0)
            return poll(&descriptor, 1, 10_000) == 1
        }
        #expect(isFreed)
        for loop in [stuck, guarding] { loop.stop() }
    }

    @Test func whatIsLeftAtTheStopIsDoneAndWhatComesLaterIsDropped() async throws {
        let loop = try started()
        let count = Guarded(0)
        loop.execute {
            loop.stop()
            usleep(20_000)
        }
        for _ in 0..<10 { loop.execute { count.withLock { $0 += 1 } } }
        #expect(loop.waitUntilEnded(deadline: .now + .seconds(10)))
        #expect(count.withLock { $0 } == 10)
        loop.execute { count.withLock { $0 += 1 } }
        #expect(count.withLock { $0 } == 10)
    }

    @Test func aSourceIsToldWhileItsDescriptorIsReadyAndNotAfterItsEnd() async throws {
        let loop = try started()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        let (told, continuation) = AsyncStream.makeStream(of: UInt8.self)
        let source = ByteSource(reader, continuation)
        let isWatched = await on(loop) { source.begin(loop) }
        #expect(isWatched)
        var iterator = told.makeAsyncIterator()
        for byte in 1...3 as ClosedRange<UInt8> {
            var byte = byte
            #expect(write(writer, &byte, 1) == 1)
            let seen = await iterator.next()
            #expect(seen == byte)
        }
        await on(loop) { source.end() }
        var byte: UInt8 = 9
        #expect(write(writer, &byte, 1) == 1)
        _ = await on(loop) { true }
        continuation.finish()
        let late = await iterator.next()
        #expect(late == nil)
        close(reader)
        close(writer)
        loop.stop()
    }

    @Test func anEventOfAnEndedWatchDoesNotReachTheNextOneInItsPlace() async throws {
        let loop = try started()
        var (first, second): ([Int32], [Int32]) = ([0, 0], [0, 0])
        #expect(pipe(&first) == 0 && pipe(&second) == 0)
        let (one, other) = (first, second)
        let wrong = Guarded(0)
        let outcome = await on(loop) { () -> Bool in
            // Both are ready in one turn; the first to be told ends the other's watch and takes its slot.
            let victim = CountingSource()
            let killer = CountingSource()
            killer.watch = try? loop.watch(one[0], for: .readable, killer)
            victim.watch = try? loop.watch(other[0], for: .readable, victim)
            let successor = CountingSource()
            successor.onReady = { wrong.withLock { $0 += 1 } }
            for (source, rival) in [(killer, victim), (victim, killer)] {
                source.onReady = {
                    rival.watch?.end()
                    source.watch?.end()
                    if successor.watch == nil { successor.watch = try? loop.watch(one[1], for: [], successor) }
                }
            }
            var byte: UInt8 = 1
            return write(one[1], &byte, 1) == 1 && write(other[1], &byte, 1) == 1
        }
        #expect(outcome)
        _ = await on(loop) { true }
        #expect(wrong.withLock { $0 } == 0)
        loop.stop()
        for descriptor in one + other { close(descriptor) }
    }

    @Test func aLoopThatEndsTellsWhatItWatches() async throws {
        let loop = try started()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let descriptor = ends[0]
        let told = Guarded(false)
        await on(loop) {
            let source = CountingSource()
            source.onEnd = { told.withLock { $0 = true } }
            source.watch = try? loop.watch(descriptor, for: .readable, source)
        }
        loop.stop()
        #expect(loop.waitUntilEnded(deadline: .now + .seconds(10)))
        #expect(told.withLock { $0 })
        for descriptor in ends { close(descriptor) }
    }

    @Test func outputIsFlushedAtTheEndOfTheTurnAndAgainForWhatTheFlushBrings() async throws {
        let loop = try started()
        let order = Guarded<[String]>([])
        await on(loop) {
            let later = Note { order.withLock { $0.append("later") } }
            let first = Note {
                order.withLock { $0.append("flush") }
                loop.flushAtEnd(later)
            }
            loop.flushAtEnd(first)
            order.withLock { $0.append("work") }
        }
        _ = await on(loop) { true }
        #expect(order.withLock { $0 } == ["work", "flush", "later"])
        loop.stop()
    }

    @Test func anIdleLoopCostsNoTurns() async throws {
        let loop = try started()
        let counter = TurnCounter()
        await on(loop) { loop.add(counter) }
        let before = await on(loop) { counter.count }
        let timer = DeadlineTimer(loop: loop) { _ in nil }
        await withCheckedContinuation { continuation in
            let end = DeadlineTimer(loop: loop) { _ in
                continuation.resume()
                return nil
            }
            end.arm(.now + .milliseconds(200))
        }
        let turns = await on(loop) { counter.count } - before
        #expect(turns < 10, "\(turns) turns")
        timer.stop()
        loop.stop()
    }

    @Test func whoWatchesTheEndIsToldOfItOnceAlsoWhenItBeganLast() async throws {
        let loop = try EventLoop(name: "end")
        let told = Guarded<[String]>([])
        try loop.start()
        loop.execute {
            let early = CountingSource()
            early.watch = loop.watchEnd(early)
            early.onEnd = {
                told.withLock { $0.append("early") }
                early.watch?.end()
                loop.execute {
                    let late = CountingSource()
                    late.watch = loop.watchEnd(late)
                    late.onEnd = { told.withLock { $0.append("late") } }
                }
            }
            let left = CountingSource()
            left.watch = loop.watchEnd(left)
            left.onEnd = { told.withLock { $0.append("left") } }
            left.watch?.end()
            loop.stop()
        }
        #expect(loop.waitUntilEnded(deadline: .now + .seconds(5)))
        #expect(told.withLock { $0 } == ["early", "late"])
        let isTaken = loop.executeUnlessEnded {}
        #expect(!isTaken)
    }

    @Test func withoutDescriptorsALoopIsAnErrorNotACrash() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 3
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            do throws(OutOfResources) {
                _ = try EventLoop(name: "none")
                exit(1)
            } catch {
                exit(error.resource == .descriptors ? 0 : 2)
            }
        }
    }
}

private final class ByteSource: EventSource, @unchecked Sendable {
    // Sound: used on the loop only, after its making.
    private let descriptor: Int32
    private let continuation: AsyncStream<UInt8>.Continuation
    private var watch: Watch?

    init(_ descriptor: Int32, _ continuation: AsyncStream<UInt8>.Continuation) {
        self.descriptor = descriptor
        self.continuation = continuation
    }

    func begin(_ loop: EventLoop) -> Bool {
        watch = try? loop.watch(descriptor, for: .readable, self)
        return watch != nil
    }

    func end() { watch?.end() }

    func loopDidEnd() {}

    func isReady(_ readiness: Readiness) {
        var byte: UInt8 = 0
        if read(descriptor, &byte, 1) == 1 { continuation.yield(byte) }
    }
}

private final class CountingSource: EventSource {
    var watch: Watch?
    var onReady: () -> Void = {}
    var onEnd: () -> Void = {}

    func isReady(_ readiness: Readiness) { onReady() }

    func loopDidEnd() { onEnd() }
}

private final class Note: Flushable {
    private let work: () -> Void

    init(_ work: @escaping () -> Void) { self.work = work }

    func flush() { work() }
}

private final class TurnCounter: TurnTaker, @unchecked Sendable {
    // Sound: used on the loop only.
    var count = 0
    var maximumWait: Int32? { nil }

    func takeTurn() { count += 1 }
}
