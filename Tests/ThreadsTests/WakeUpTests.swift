// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Threads

struct WakeUpTests {
    private func isReadable(_ wakeUp: WakeUp) -> Bool {
        var descriptor = pollfd(fd: wakeUp.fileDescriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 1
    }

    @Test func aSignalStaysUntilItIsCleared() throws {
        let wakeUp = try WakeUp()
        #expect(!isReadable(wakeUp))
        wakeUp.signal()
        wakeUp.signal()
        #expect(isReadable(wakeUp))
        wakeUp.clear()
        #expect(!isReadable(wakeUp))
        wakeUp.signal()
        #expect(isReadable(wakeUp))
    }

    @Test func aBatchSendsItsSignalsAtItsEnd() throws {
        let (first, second, batch) = (try WakeUp(), try WakeUp(), WakeUpBatch())
        batch.run {
            first.signal()
            second.signal()
            first.signal()
            #expect(!isReadable(first))
            #expect(!isReadable(second))
        }
        #expect(isReadable(first))
        #expect(isReadable(second))
        first.clear()
        first.signal()
        #expect(isReadable(first))
    }

    @Test func aLongBatchLetsTheReceiverStart() throws {
        let (wakeUp, batch) = (try WakeUp(), WakeUpBatch())
        batch.run {
            for _ in 0..<31 { wakeUp.signal() }
            #expect(!isReadable(wakeUp))
            wakeUp.signal()
            #expect(isReadable(wakeUp))
        }
    }

    @Test func aBatchThatFailsSendsItsSignalsToo() throws {
        struct Failure: Error {}
        let (wakeUp, batch) = (try WakeUp(), WakeUpBatch())
        #expect(throws: Failure.self) {
            try batch.run { () throws(Failure) in
                wakeUp.signal()
                throw Failure()
            }
        }
        #expect(isReadable(wakeUp))
    }

    @Test func theIgnoredWakeUpGetsNone() throws {
        let wakeUp = try WakeUp()
        WakeUpBatch(ignoring: wakeUp).run { wakeUp.signal() }
        #expect(!isReadable(wakeUp))
    }

    @Test func otherThreadsAreNotHeldBack() throws {
        let (wakeUp, batch) = (try WakeUp(), WakeUpBatch())
        try batch.run {
            try OwnedThread(name: "other") { wakeUp.signal() }.join()
            #expect(isReadable(wakeUp))
        }
    }
}
