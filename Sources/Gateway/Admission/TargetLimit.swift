// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// How many calls to one target may be under way, as a value.
///
/// There is a fixed cap, so that one target cannot take everybody's places. Below it the limit follows what the target
/// gets done, judged once a second by the calls that ended. The target has more to do than it can serve in time when
/// - ten calls and a tenth of all timed out and no answer was quick, or
/// - the quickest answer took at least a tenth of its time-out and twice as much as the quickest a second before, and
///   at the present rate the calls under way would take longer than half a time-out.
///
/// Then the limit falls to what it answers within half a time-out. Otherwise it rises: by a quarter when there are
/// quick answers, by a twentieth when there are none, and by a hundredth when all take longer than half a time-out. How
/// quick the target could be need not be known.
struct TargetLimit: Sendable {
    /// How often the limit is judged.
    static let windowNanoseconds: Int64 = 1_000_000_000
    /// The limit never falls below this, so that there is always something to judge by.
    static let minimum = 16
    /// The share of time-outs that shows a target with too much to do.
    static let alarmingShare = 0.1
    /// Fewer calls that end within a second say nothing.
    static let tellingCount = 10
    /// The part of its time-out above which an answer does not count as quick.
    static let slowPart = 0.25
    /// The part of its time-out below which it does not matter that answers come later and later.
    static let noticeablePart = 0.1

    /// Calls under way.
    private(set) var inFlight = 0
    /// The limit in force; the cap when nothing is wrong.
    private(set) var limit: Double
    private(set) var cap: Int
    private var previousLeastPart = Double.infinity
    private var seen = Seen(since: Moment(nanoseconds: 0))
    /// Answers per second, when they were last counted.
    private var answerRate = 0.0

    /// What ended within a window.
    private struct Seen: Sendable {
        var since: Moment
        var answered = 0
        var timedOut = 0
        /// The smallest part of its time-out that a call took.
        var leastPart = Double.infinity
        /// The time-outs of all of them together, in nanoseconds.
        var timeouts = 0.0
    }

    init(cap: Int) {
        self.cap = cap
        limit = Double(cap)
    }

    /// Takes another cap, after the configuration has changed.
    mutating func set(cap: Int) {
        guard cap != self.cap else { return }
        limit = limit >= Double(self.cap) ? Double(cap) : min(limit, Double(cap))
        self.cap = cap
    }

    /// Takes a place for a call; false when there is none.
    mutating func begin() -> Bool {
        guard inFlight < Int(limit) else { return false }
        inFlight += 1
        return true
    }

    /// Gives back the place of a call that ended with neither an answer nor its time-out.
    mutating func end() { inFlight -= 1 }

    /// Gives back the place of a call. How it ended does not count if it had less time than a judgement takes: that
    /// says more about the caller, who could use it to have the target limited for others.
    ///
    /// - Parameters:
    ///   - isAnswered: whether the answer came within the time-out.
    ///   - took: how long the call waited.
    mutating func end(isAnswered: Bool, took: Duration, of timeout: Duration, now: Moment) {
        inFlight -= 1
        guard timeout.wholeNanoseconds >= Self.windowNanoseconds else { return }
        var isOver = now.nanoseconds - seen.since.nanoseconds >= Self.windowNanoseconds
        if isOver, seen.answered + seen.timedOut == 0 {
            seen = Seen(since: now)
            isOver = false
        }
        if isAnswered { seen.answered += 1 } else { seen.timedOut += 1 }
        let nanoseconds = Double(timeout.wholeNanoseconds)
        seen.timeouts += nanoseconds
        seen.leastPart = min(seen.leastPart, isAnswered ? Double(took.wholeNanoseconds) / nanoseconds : 1)
        if isOver { judge(now) }
    }

    /// Seconds until there may be a place again: what is ahead, at the rate of the last answers.
    var secondsUntilRoom: Double { answerRate > 0 ? Double(inFlight) / answerRate : 1 }

    private mutating func judge(_ now: Moment) {
        let seconds = max(Double(now.nanoseconds - seen.since.nanoseconds) / 1e9, 0.001)
        let ended = Double(seen.answered + seen.timedOut)
        answerRate = Double(seen.answered) / seconds
        let halfTimeout = seen.timeouts / 1e9 / ended / 2
        let served = answerRate * halfTimeout
        if isLate(ended) || isFallingBehind(served) {
            limit = min(limit, max(seen.answered > 0 ? served : Double(inFlight) / 2, Double(min(Self.minimum, cap))))
        } else {
            limit = min(Double(cap), limit * growth + 1)
        }
        previousLeastPart = seen.leastPart
        seen = Seen(since: now)
    }

    private func isLate(_ ended: Double) -> Bool {
        seen.leastPart > Self.slowPart && seen.timedOut >= Self.tellingCount
            && Double(seen.timedOut) >= ended * Self.alarmingShare
    }

    /// - Parameter served: how many calls the target answers within half a time-out.
    private func isFallingBehind(_ served: Double) -> Bool {
        seen.leastPart > Self.noticeablePart && seen.answered >= Self.tellingCount
            && seen.leastPart >= 2 * previousLeastPart && Double(inFlight) > served
    }

    private var growth: Double {
        switch seen.leastPart {
        case ..<Self.slowPart: 1.25
        case ..<0.5: 1.05
        default: 1.01
        }
    }
}
