// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Messaging

struct ReplyWaitersStateTests {
    private let start = Moment.now

    private func waiter(
        _ awaited: Awaited = .reply { _ in },
        from now: Moment? = nil,
        timeout: Duration = .seconds(60),
        monitor: Duration? = nil
    ) -> ReplyWaiter {
        let now = now ?? start
        return ReplyWaiter(awaited, started: now, deadline: now + timeout, timeout: timeout, monitorTimeout: monitor)
    }

    private func reply(_ id: UniqueID, _ result: String = "1", ending: Bool = true) throws -> ReplyEnvelope {
        ReplyEnvelope(messageID: id, result: try JSONText(result), failure: nil, isEnding: ending)
    }

    @Test func aReplyEndsItsCallOnce() throws {
        var state = ReplyWaitersState()
        let id = UniqueID()
        state.register(id, waiter())
        let ended = state.receive(try reply(id), now: start)
        #expect(try ended?.result?.get().result.string == "1")
        #expect(state.receive(try reply(id), now: start) == nil)
        #expect(state.count == 0)
    }

    @Test func repliesForNobodyAreDropped() throws {
        var state = ReplyWaitersState()
        #expect(state.receive(try reply(UniqueID()), now: start) == nil)
    }

    @Test func aValueBeforeTheEndIsTheResult() throws {
        var state = ReplyWaitersState()
        let id = UniqueID()
        state.register(id, waiter())
        #expect(state.receive(try reply(id, "[7]", ending: false), now: start) == nil)
        let ended = state.receive(try reply(id, "null"), now: start)
        #expect(try ended?.result?.get().result.string == "[7]")
    }

    @Test func aCallEndsAtItsDeadlineWithItsStage() throws {
        var state = ReplyWaitersState()
        let id = UniqueID()
        state.register(id, waiter(timeout: .seconds(2)))
        #expect(state.nextExpiry == start + .seconds(2))
        _ = state.advance(id, to: .reply, now: start)
        #expect(state.expire(now: start + .milliseconds(1999)).isEmpty)
        let ended = state.expire(now: start + .seconds(2))
        #expect(ended.count == 1)
        #expect(throws: MessagingError.self) { try ended[0].result?.get() }
        if case .failure(let error)? = ended[0].result {
            #expect(error.code == .timeout)
            #expect(error.stage == .reply)
            #expect(error.execution == .maybe)
            #expect(error.message.contains(id.hexadecimal))
            #expect(error.messageID == id)
        }
    }

    @Test func nothingWasSentWhileNoConnectionWasFree() {
        var state = ReplyWaitersState()
        let id = UniqueID()
        state.register(id, waiter(timeout: .seconds(2)))
        _ = state.advance(id, to: .connect, now: start)
        if case .failure(let error)? = state.expire(now: start + .seconds(3)).first?.result {
            #expect(error.stage == .connect)
            #expect(error.execution == .no)
        } else {
            Issue.record("the call did not end")
        }
    }

    @Test(arguments: [
        (Awaited.reply { _ in }, "a reply to message ID"), (.confirm { _ in }, "the broker to confirm message ID"),
        (.status { _ in }, "the broker to tell of the queue"),
    ])
    func anExpiryNamesWhatWasWaitedFor(_ awaited: Awaited, _ expectation: String) throws {
        var state = ReplyWaitersState()
        state.register(UniqueID(), waiter(awaited, timeout: .seconds(2)))
        let ended = try #require(state.expire(now: start + .seconds(2)).first)
        guard case .failed(_, let error) = ended else {
            Issue.record("\(ended)")
            return
        }
        #expect(error.code == .timeout)
        #expect(error.message.hasPrefix("Timed out waiting for \(expectation)"))
    }

    @Test func heartbeatsKeepAMonitoredCallAliveUntilOneIsMissed() throws {
        var state = ReplyWaitersState()
        let id = UniqueID()
        state.register(id, waiter(monitor: .seconds(4)))
        let isMonitored = state.advance(id, to: .reply, now: start)
        #expect(isMonitored)
        for second in stride(from: 2, through: 10, by: 2) {
            let ended = state.expire(now: start + .seconds(second))
            #expect(ended.isEmpty)
            #expect(state.receive(try reply(id, "null", ending: false), now: start + .seconds(second)) == nil)
        }
        #expect(state.expire(now: start + .milliseconds(13_999)).isEmpty)
        if case .failure(let error)? = state.expire(now: start + .seconds(14)).first?.result {
            #expect(error.code == .callMonitorTimeout)
        } else {
            Issue.record("the missed heartbeat was not noticed")
        }
    }

    @Test func theOverallTimeoutIsAHardLimit() throws {
        var state = ReplyWaitersState()
        let id = UniqueID()
        state.register(id, waiter(timeout: .seconds(5), monitor: .seconds(4)))
        _ = state.advance(id, to: .reply, now: start)
        _ = state.receive(try reply(id, "null", ending: false), now: start + .seconds(3))
        if case .failure(let error)? = state.expire(now: start + .seconds(5)).first?.result {
            #expect(error.code == .timeout)
        } else {
            Issue.record("the call outlived its deadline")
        }
    }

    /// Whatever happens in whatever order, every call ends exactly once and nothing is left behind.
    @Test(arguments: 0..<40)
    func everyCallEndsExactlyOnceInRandomRuns(_ seed: Int) throws {
        var state = ReplyWaitersState()
        var open: Set<UniqueID> = []
        var now = start
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            now += .milliseconds(Int.random(in: 0...50, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                let id = UniqueID()
                let timeout = Duration.milliseconds(Int.random(in: 1...500, using: &random))
                state.register(id, waiter(from: now, timeout: timeout))
                open.insert(id)
            case 2:
                let id = open.randomElement(using: &random) ?? UniqueID()
                let ended = state.receive(try reply(id), now: now) != nil
                let wasOpen = open.remove(id) != nil
                #expect(ended == wasOpen)
            case 3:
                let id = open.randomElement(using: &random) ?? UniqueID()
                let ended = state.fail(id, with: MessagingError(.undeliverable, ""), now: now) != nil
                let wasOpen = open.remove(id) != nil
                #expect(ended == wasOpen)
            default:
                for case .failure(let error)? in state.expire(now: now).map(\.result) {
                    let wasOpen = open.remove(try #require(error.messageID)) != nil
                    #expect(wasOpen)
                }
            }
            #expect(state.count == open.count)
        }
        #expect(state.expire(now: now + .seconds(1)).count == open.count)
        #expect(state.nextExpiry == nil)
    }

    @Test func answeredCallsDoNotPileUp() throws {
        var state = ReplyWaitersState()
        for _ in 0..<20_000 {
            let id = UniqueID()
            state.register(id, waiter())
            _ = state.receive(try reply(id), now: start)
        }
        #expect(state.expiryCount < 2048)
    }
}
