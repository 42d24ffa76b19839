// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Threads

@Suite(.timeLimit(.minutes(1)))
struct DeadlineTimerTests {
    @Test func firesOnceForWhatIsArmedAndNotBefore() async throws {
        let (fired, continuation) = AsyncStream.makeStream(of: Moment.self)
        let timer = DeadlineTimer(loop: try .shared()) { now in
            continuation.yield(now)
            return nil
        }
        let deadline = Moment.now + .milliseconds(30)
        timer.arm(deadline + .seconds(3600))
        timer.arm(deadline)
        timer.arm(deadline + .seconds(1))
        var iterator = fired.makeAsyncIterator()
        let instant = await iterator.next()
        #expect(instant.map { $0 >= deadline } == true)
        timer.stop()
        continuation.finish()
        let next = await iterator.next()
        #expect(next == nil)
    }

    @Test func canBeStoppedByItsOwnThread() async throws {
        let (stopped, continuation) = AsyncStream.makeStream(of: Void.self)
        let timer = Guarded<DeadlineTimer?>(nil)
        let own = DeadlineTimer(loop: try .shared()) { _ in
            timer.withLock { $0 }?.stop()
            continuation.yield()
            return .now
        }
        timer.withLock { $0 = own }
        own.arm(.now)
        var iterator = stopped.makeAsyncIterator()
        await iterator.next()
        own.stop()
        continuation.finish()
        let again: Void? = await iterator.next()
        #expect(again == nil)
    }

    @Test func goesOnWithWhatTheOwnerReturns() async throws {
        let (fired, continuation) = AsyncStream.makeStream(of: Int.self)
        let count = Guarded(0)
        let timer = DeadlineTimer(loop: try .shared()) { now in
            let number = count.withLock { count in
                count += 1
                return count
            }
            continuation.yield(number)
            return number < 3 ? now + .milliseconds(1) : nil
        }
        timer.arm(.now)
        var iterator = fired.makeAsyncIterator()
        for expected in 1...3 {
            let number = await iterator.next()
            #expect(number == expected)
        }
        timer.stop()
    }

    @Test(arguments: [
        (Duration.zero, Int32(0)), (.nanoseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1001), 2),
        (.seconds(5), 5000), (.seconds(1_000_000_000_000), 3_600_000), (.seconds(-5), 0),
    ])
    func waitsAreRoundedUpAndBounded(_ duration: Duration, _ milliseconds: Int32) {
        #expect(duration.waitMilliseconds == milliseconds)
    }
}
