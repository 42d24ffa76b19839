// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Which attempts to reach a broker run side by side, as a value.
///
/// One host is preferred. When no attempt has got through within a second, another begins beside it: at the next
/// address of the same host, or at the next host. The first to be logged in wins. An attempt that fails is followed by
/// another at the host's remaining addresses; when none is left running, all have failed.
struct DialSchedule {
    /// How long an attempt runs before another begins beside it.
    static let patience = Duration.seconds(1)
    /// The most attempts that run side by side.
    static let maximumRunning = 4

    enum Step: Equatable {
        /// Begin an attempt at the host with this index.
        case begin(attempt: Int, host: Int)
        case wait
        /// No attempt is left; the caller fails.
        case giveUp
    }

    private let hostCount: Int
    private var lastHost = 0
    private var lastAttempt = 0
    /// The host of each attempt under way.
    private(set) var running: [Int: Int] = [:]
    /// When the next attempt begins beside the others; nil for never.
    private(set) var nextStart: Moment?

    init(hostCount: Int) { self.hostCount = hostCount }

    /// The first attempt.
    mutating func begin(now: Moment) -> Step { attempt(0, now) }

    /// The time has come for one more.
    ///
    /// - Parameter hasUntried: whether a host has addresses that were not tried.
    mutating func timePassed(now: Moment, hasUntried: (Int) -> Bool) -> Step {
        guard let start = nextStart, start <= now else { return .wait }
        nextStart = now + Self.patience
        guard running.count < Self.maximumRunning else { return .wait }
        if hasUntried(lastHost) { return attempt(lastHost, now) }
        guard lastHost + 1 < hostCount else {
            // The name may still be resolved.
            return .wait
        }
        lastHost += 1
        return attempt(lastHost, now)
    }

    /// An attempt has failed.
    mutating func failed(_ attempt: Int, now: Moment, hasUntried: (Int) -> Bool) -> Step {
        guard let host = running.removeValue(forKey: attempt) else { return .wait }
        if hasUntried(host) { return self.attempt(host, now) }
        return running.isEmpty ? .giveUp : .wait
    }

    private mutating func attempt(_ host: Int, _ now: Moment) -> Step {
        lastAttempt += 1
        running[lastAttempt] = host
        nextStart = now + Self.patience
        return .begin(attempt: lastAttempt, host: host)
    }
}
