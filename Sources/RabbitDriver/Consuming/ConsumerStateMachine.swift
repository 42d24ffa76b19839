// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ConnectionPool
internal import Messaging
internal import Threads

/// Decides when a consumer connects, declares and consumes, when its connection is given up, and when it ends; a value
/// without I/O.
struct ConsumerStateMachine: Sendable {
    enum Phase: Sendable, Equatable {
        /// Nobody has asked for a connection yet.
        case idle
        case connecting
        case waiting(until: Moment)
        case consuming(since: Moment)
        /// Declaring and consuming again on the same connection.
        case repairing(since: Moment)
        /// The consumers are being cancelled.
        case stopping
        case stopped
    }

    enum Action: Sendable, Equatable {
        /// Open a connection, declare and consume.
        case connect
        /// Declare again and consume what is not consumed, on the same connection.
        case repair
        /// End the connection in order if it is open.
        case retire
        /// Drop the connection, or the attempt to make one.
        case abandon
        /// Give the queues that are this consumer's alone new names: the broker may hold an old one in a state in which
        /// it serves nobody, or serves a dead consumer as well.
        case renew
        /// Send a message to our own queue.
        case sendLoopback
        /// Cancel the consumers.
        case cancelConsumers
        /// Tell those who wait how their wait ended.
        case resume([UniqueID], Outcome)
    }

    /// What somebody waits for.
    struct Wait: Sendable {
        enum Event: Sendable {
            case consuming
            case stopped
        }

        var event = Event.consuming
        var deadline: Moment
        /// Failed attempts it still tolerates; nil for any number.
        var retry: Int?
        /// Whether a refusal by the broker ends it: whoever waits may have asked for the impossible.
        var endsAtRefusal = false
    }

    enum Outcome: Sendable, Equatable {
        /// What was waited for has come.
        case reached
        /// The deadline has passed.
        case timedOut
        /// The broker refuses a declaration.
        case refused
        /// More attempts have failed than are tolerated.
        case unreachable
        /// The consumer is stopped.
        case stopped
    }

    /// What shows that a connection is worth having: failures in a row are forgotten then.
    enum Proof: Sendable {
        /// It has been consuming for so long.
        case time(Duration)
        /// A message of our own has come back over it. One goes through the queue at every interval; if the broker
        /// takes them and none comes back, the consumer is deaf, and gets another connection.
        case loopback
    }

    /// How often a message of our own goes through the queue.
    static let loopbackInterval = Duration.seconds(1)
    /// How long none may have come back before the consumer counts as deaf.
    static let deafAfter = Duration.seconds(4)
    /// Expired waits are looked for no more often than this.
    private static let leastWait = Duration.milliseconds(100)

    private(set) var phase = Phase.idle
    private(set) var waits: [UniqueID: Wait] = [:]
    private(set) var lastLoopback: Moment?
    /// When the oldest of our own messages was sent that the broker has taken and that has not come back.
    private var missingSince: Moment?
    /// Whether a message of our own has come back over the present connection.
    private var isProven = false
    private var isRefused = false
    private var attempts: ReconnectAttempts
    private let proof: Proof

    init(backoff: ReconnectBackoff, proof: Proof) {
        attempts = ReconnectAttempts(backoff: backoff)
        self.proof = proof
    }

    var isConsuming: Bool { if case .consuming = phase { true } else { false } }

    /// Whether there is a connection whose loss matters.
    var isEstablished: Bool { isConsuming || isRepairing || phase == .stopping }

    private var isRepairing: Bool { if case .repairing = phase { true } else { false } }

    private var hasLoopback: Bool { if case .loopback = proof { true } else { false } }

    /// Starts connecting; only the first start counts, and none after a stop.
    mutating func start() -> [Action] {
        guard phase == .idle else { return [] }
        phase = .connecting
        return [.connect]
    }

    /// An attempt to connect or to repair has succeeded.
    mutating func established(now: Moment) -> [Action] {
        guard phase == .connecting || isRepairing else { return [] }
        phase = .consuming(since: now)
        (isRefused, isProven, missingSince) = (false, false, nil)
        return resume(.consuming, .reached) + (hasLoopback ? [.sendLoopback] : [])
    }

    /// An attempt to connect or to repair has failed.
    ///
    /// - Parameters:
    ///   - isRefusal: whether the broker refuses what was asked for.
    ///   - mayBlameOwnQueue: whether the broker may hold a queue of ours in a state in which it serves nobody.
    mutating func failed(
        isRefusal: Bool,
        mayBlameOwnQueue: Bool,
        randomFactor: Double,
        now: Moment
    ) -> [Action] {
        switch phase {
        case .connecting, .repairing:
            isRefused = isRefusal
            let told = (isRefusal ? resume(.consuming, .refused) { $0.endsAtRefusal } : []) + resumeExhausted()
            // The connection may well be there if what was refused is a declaration.
            return told + [.retire] + (mayBlameOwnQueue ? [.renew] : []) + retry(randomFactor, now)
        case .stopping: return cancelled()
        default: return []
        }
    }

    /// The connection is gone.
    ///
    /// - Parameter isSilent: whether the broker has not ended it, and may take it and its consumers to be alive.
    mutating func lost(isSilent: Bool, randomFactor: Double, now: Moment) -> [Action] {
        let renewal: [Action] = isSilent ? [.renew] : []
        switch phase {
        case .consuming(let since):
            let isStable = isStable(since, now)
            if isStable { attempts.succeed() }
            // A peer that accepts and then hangs up must not be asked again at full speed.
            return renewal + retry(isFailure: !isStable, randomFactor, now)
        case .repairing: return renewal + retry(randomFactor, now)
        case .stopping: return cancelled()
        default: return []
        }
    }

    /// A queue was deleted, a consumer was cancelled by the broker, or the channel was closed.
    mutating func disturbed(randomFactor: Double, now: Moment) -> [Action] {
        guard case .consuming(let since) = phase else { return [] }
        lastLoopback = nil
        // Whoever deletes the queue again and again must not make us spin.
        guard isStable(since, now) else { return [.retire] + retry(randomFactor, now) }
        attempts.succeed()
        phase = .repairing(since: now)
        return [.repair]
    }

    mutating func loopbackArrived(now: Moment) {
        lastLoopback = now
        missingSince = nil
        isProven = true
        attempts.succeed()
    }

    /// The broker has taken a message of our own. One that it did not take, as under an alarm, says nothing about us.
    mutating func loopbackConfirmed(sentAt: Moment) {
        guard isConsuming, lastLoopback.map({ $0 < sentAt }) ?? true else { return }
        missingSince = missingSince ?? sentAt
    }

    /// Time has passed.
    mutating func tick(now: Moment) -> [Action] {
        let expired = waits.filter { $0.value.deadline <= now }.map(\.key)
        for id in expired { waits[id] = nil }
        return (expired.isEmpty ? [] : [.resume(expired, .timedOut)]) + advance(now)
    }

    private mutating func advance(_ now: Moment) -> [Action] {
        switch phase {
        case .waiting(let until) where until <= now:
            phase = .connecting
            return [.connect]
        case .consuming where hasLoopback:
            guard let missingSince, missingSince.duration(to: now) > Self.deafAfter else { return [.sendLoopback] }
            return abandon(now)
        case .repairing(let since) where hasLoopback:
            return since.duration(to: now) > Self.deafAfter ? abandon(now) : []
        default: return []
        }
    }

    private mutating func abandon(_ now: Moment) -> [Action] {
        lastLoopback = nil
        phase = .waiting(until: now)
        return [.abandon, .renew] + advance(now)
    }

    /// The next moment at which `tick` has something to do.
    func nextTick(now: Moment) -> Moment? {
        let work: Moment? =
            switch phase {
            case .waiting(let until): until
            case .consuming where hasLoopback, .repairing where hasLoopback: now.advanced(by: Self.loopbackInterval)
            default: nil
            }
        let expiry = waits.values.lazy.map(\.deadline).min().map { max($0, now.advanced(by: Self.leastWait)) }
        return [work, expiry].compactMap(\.self).min()
    }

    private func isStable(_ since: Moment, _ now: Moment) -> Bool {
        switch proof {
        case .time(let enough): since.duration(to: now) >= enough
        case .loopback: isProven
        }
    }

    private mutating func retry(isFailure: Bool = true, _ randomFactor: Double, _ now: Moment) -> [Action] {
        phase = .waiting(until: attempts.next(isFailure: isFailure, randomFactor: randomFactor, now: now))
        return tick(now: now)
    }
}

extension ConsumerStateMachine {
    mutating func stop() -> [Action] {
        let told = resume(.consuming, .stopped)
        switch phase {
        case .idle, .waiting:
            phase = .stopped
            return told
        case .connecting:
            phase = .stopped
            return told + [.abandon]
        case .consuming, .repairing:
            phase = .stopping
            return told + [.cancelConsumers]
        case .stopping, .stopped: return told
        }
    }

    /// The consumers are cancelled: no delivery comes any more.
    mutating func cancelled() -> [Action] {
        guard phase == .stopping else { return [] }
        phase = .stopped
        return resume(.stopped, .reached)
    }

    /// Has somebody wait; returns an outcome when there is nothing to wait for.
    mutating func wait(_ id: UniqueID, _ wait: Wait) -> Outcome? {
        switch (wait.event, phase) {
        case (.consuming, .consuming), (.stopped, .stopped): return .reached
        case (.consuming, .stopping), (.consuming, .stopped): return .stopped
        case (.consuming, _) where isRefused && wait.endsAtRefusal: return .refused
        default:
            waits[id] = wait
            return nil
        }
    }

    private mutating func resume(
        _ event: Wait.Event,
        _ outcome: Outcome,
        where isConcerned: (Wait) -> Bool = { _ in true }
    ) -> [Action] {
        let ids = waits.filter { $0.value.event == event && isConcerned($0.value) }.map(\.key)
        for id in ids { waits[id] = nil }
        return ids.isEmpty ? [] : [.resume(ids, outcome)]
    }

    /// Ends the waits that tolerate no further failed attempt, and counts this one for the others.
    private mutating func resumeExhausted() -> [Action] {
        let told = resume(.consuming, .unreachable) { $0.retry == 0 }
        for (id, wait) in waits { waits[id]?.retry = wait.retry.map { $0 - 1 } }
        return told
    }
}

/// When a consumer's connection is made again: the failures in a row, and the waits that follow from them.
struct ReconnectAttempts: Sendable {
    private var failures = 0
    private let backoff: ReconnectBackoff

    init(backoff: ReconnectBackoff) { self.backoff = backoff }

    /// Notes that all is well: the next wait is the shortest again.
    mutating func succeed() { failures = 0 }

    /// The moment of the next attempt.
    ///
    /// - Parameter isFailure: whether it follows one more failure, and not the end of a time in which all was well.
    mutating func next(isFailure: Bool, randomFactor: Double, now: Moment) -> Moment {
        failures += isFailure ? 1 : 0
        return now.advanced(by: backoff.delay(afterFailures: failures, randomFactor: randomFactor))
    }
}
