// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// When to give up a connection on which nothing comes although the broker owes an answer; a value, told the time by
/// its owner.
///
/// Heartbeats would notice it after two minutes. A broker that stands still answers nobody, and later carries out what
/// it was sent: it gets the whole limit. A path to the broker that is gone is noticed sooner, since the broker answers
/// on another one.
struct SilenceMonitor {
    enum Action: Equatable {
        case nothing
        /// Ask the broker a question, and have it asked whether it answers others.
        case ask
        case giveUp
    }

    /// What the broker has not answered.
    struct Debt {
        /// When the oldest of it was written.
        var since: Moment
        /// Where that ends in the outgoing stream.
        var end: UInt64
        /// How much of the outgoing stream has reached the broker's machine.
        var acknowledged: UInt64
    }

    private let limit: Duration
    /// When something last came.
    private var heard: Moment
    /// How much had reached the broker's machine at the last look, and when that had last grown.
    private var reached: UInt64?
    private var moved: Moment?
    private var firstAsked: Moment?
    private var lastAsked: Moment?
    /// When another connection got an answer.
    private var challenged: Moment?

    init(limit: Duration, now: Moment) {
        self.limit = limit
        heard = now
    }

    /// How long a question may stay unanswered while others get answers; before that there is nothing to look at.
    private var patience: Duration { limit / 5 }
    /// How long the silence may last before the broker is asked.
    private var doubt: Duration { limit * 3 / 10 }

    /// Whether there may be something to do.
    func isDue(lastReceived: Moment, now: Moment) -> Bool { now >= lastReceived + patience }

    /// The broker answers others, and has just been asked here.
    mutating func challenge(lastReceived: Moment, now: Moment) {
        hear(lastReceived)
        challenged = challenged ?? now
    }

    /// What is to be done about a debt.
    mutating func action(_ debt: Debt, lastReceived: Moment, now: Moment) -> Action {
        hear(lastReceived)
        noteProgress(debt, now)
        let start = max(debt.since, lastReceived, moved ?? debt.since)
        if let challenged, now >= max(challenged, start) + patience { return .giveUp }
        // After a pause of this process itself an answer may lie in the socket: the question gives time to read it.
        if let firstAsked, now >= start + limit, now >= firstAsked + patience { return .giveUp }
        guard now >= max(start, lastAsked ?? start) + doubt else { return .nothing }
        firstAsked = firstAsked ?? now
        lastAsked = now
        return .ask
    }

    /// Whatever comes is an answer.
    private mutating func hear(_ lastReceived: Moment) {
        guard lastReceived != heard else { return }
        self = SilenceMonitor(limit: limit, now: lastReceived)
    }

    /// A long message on a slow network is no debt as long as its bytes get there.
    private mutating func noteProgress(_ debt: Debt, _ now: Moment) {
        guard debt.acknowledged < debt.end else { return }
        if let reached, reached != debt.acknowledged {
            self = SilenceMonitor(limit: limit, now: heard)
            moved = now
        }
        reached = debt.acknowledged
    }
}
