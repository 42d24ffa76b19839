// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names
internal import Threads

/// The places of one target, shared by all loops.
final class TargetPlaces: Sendable {
    private let state: Guarded<TargetLimit>

    init(cap: Int) { state = Guarded(TargetLimit(cap: cap)) }

    /// Whether nothing is under way and nothing is known that a new object would not know.
    var isIdle: Bool { state.withLock { $0.inFlight == 0 && Int($0.limit) >= $0.cap } }

    /// Takes a place under the cap in force.
    ///
    /// - Returns: nil, or that and why there is none.
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
        // Spread, so that those who are turned down together do not come back together.
        problem.retryAfter = Int.random(in: 1...max(1, Int(min(full.seconds, Self.longestPause).rounded(.up))))
        return problem
    }

    private static let longestPause = 30.0

    /// Gives the place of a call back: what its end says about the target is noted.
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

/// The places of all targets that are called.
///
/// A target is an exchange and a topic, or a routing key. Who names ever new ones cannot make the table grow: those of which
/// nothing is known are dropped, and when that makes no room the new ones share one object.
final class TargetLimits: Sendable {
    private struct Key: Hashable, Sendable {
        var exchange: Name
        var topic: Name
    }

    static let maximumTargets = 4096
    private let targets = Guarded<[Key: TargetPlaces]>([:])
    private let others = TargetPlaces(cap: 1)

    /// The places of a target; the same object as long as anybody has it.
    func places(exchange: Name, topic: Name, cap: Int) -> TargetPlaces {
        targets.withLock { targets in
            let key = Key(exchange: exchange, topic: topic)
            if let known = targets[key] { return known }
            if targets.count >= Self.maximumTargets {
                for key in targets.keys where Self.mayGo(&targets[key]) { targets[key] = nil }
            }
            guard targets.count < Self.maximumTargets else { return others }
            let places = TargetPlaces(cap: cap)
            targets[key] = places
            return places
        }
    }

    /// Whether nobody else has an object, and it knows nothing.
    private static func mayGo(_ places: inout TargetPlaces?) -> Bool {
        guard places?.isIdle == true else { return false }
        return isKnownUniquelyReferenced(&places)
    }
}
