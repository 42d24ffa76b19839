// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names
internal import Threads

/// The places of one target, shared by all loops.
final class TargetPlaces: Sendable {
    private let state: Guarded<TargetLimit>

    init(cap: Int) { state = Guarded(TargetLimit(cap: cap)) }

    /// Takes a place under the cap in force.
    ///
    /// - Returns: nil, or the problem that says why there is no place.
    func begin(cap: Int) -> Problem? {
        let full = state.withLock { limit -> (limit: GatewayLimit, seconds: Double)? in
            limit.set(cap: cap)
            if limit.begin() { return nil }
            let reason =
                limit.inFlight >= cap ? GatewayLimit.requestsToTarget(cap) : .requestsToSlowTarget(limit.inFlight)
            return (reason, limit.secondsUntilRoom)
        }
        guard let full else { return nil }
        var problem = Problem.overloaded(full.limit)
        // At random, so that those who are turned down together do not come back together.
        problem.retryAfter = Int.random(in: 1...max(1, Int(min(full.seconds, Self.longestPause).rounded(.up))))
        return problem
    }

    private static let longestPause = 30.0

    /// Gives back the place of a call, and notes what its end says about the target.
    func end(_ result: Result<RPCReply, MessagingError>, took: Duration, of timeout: Duration) {
        let isAnswered: Bool
        switch result {
        case .success: isAnswered = true
        case .failure(let error) where error.code == .remote: isAnswered = true
        case .failure(let error) where error.code == .timeout: isAnswered = false
        // Anything else is the broker's or this side's doing.
        case .failure: return end()
        }
        let now = Moment.now
        state.withLock { $0.end(isAnswered: isAnswered, took: took, of: timeout, now: now) }
    }

    /// Gives a place back after an end that says nothing about the target.
    func end() { state.withLock { $0.end() } }
}

/// The places of the targets, each an exchange and a topic, that somebody has a plan for or calls.
///
/// The table keeps no object alive, so whoever names ever new targets cannot make it grow beyond the plans that are
/// kept and the calls under way, and takes no place in it from others.
final class TargetLimits: Sendable {
    private struct Key: Hashable, Sendable {
        var exchange: Name
        var topic: Name
    }

    private struct Entry {
        weak var places: TargetPlaces?
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// With so many entries those that lead nowhere are dropped: twice as many as were left the last time.
        var sweepCount = leastSweepCount
    }

    static let leastSweepCount = 1024
    private let state = Guarded(State())

    /// How many entries there are.
    var count: Int { state.withLock { $0.entries.count } }

    /// The places of a target; the same object as long as anybody has it.
    func places(exchange: Name, topic: Name, cap: Int) -> TargetPlaces {
        state.withLock { state in
            let key = Key(exchange: exchange, topic: topic)
            if let known = state.entries[key]?.places { return known }
            if state.entries.count >= state.sweepCount {
                state.entries = state.entries.filter { $0.value.places != nil }
                state.sweepCount = max(Self.leastSweepCount, 2 * state.entries.count)
            }
            let places = TargetPlaces(cap: cap)
            state.entries[key] = Entry(places: places)
            return places
        }
    }
}
