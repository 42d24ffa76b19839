// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ConnectionPool
internal import Messaging
internal import Threads

/// Decides when a listener connects, declares and consumes, and when it ends; a value without I/O.
struct ListenerStateMachine: Sendable {
    enum Phase: Sendable, Equatable {
        case idle
        case connecting
        case waiting(until: Moment)
        case consuming(since: Moment)
        /// Declaring and consuming again on the same connection.
        case repairing
        /// The consumers are being cancelled.
        case stopping
        case stopped
    }

    enum Action: Sendable, Equatable {
        /// Open a connection, declare and consume.
        case connect
        /// Declare again and consume what is not consumed, on the same connection.
        case repair
        /// End the connection, or the attempt to make one.
        case abandon
        /// Cancel the consumers.
        case cancelConsumers
        /// Tell those who wait how their wait ended.
        case resume([UniqueID], Outcome)
    }

    enum Outcome: Sendable, Equatable {
        /// What was waited for has come.
        case reached
        /// The deadline has passed.
        case timedOut
        /// The broker refuses a declaration.
        case refused
        /// The listener is stopped.
        case stopped
    }

    enum Event: Sendable {
        case consuming
        case stopped
    }

    private(set) var phase = Phase.idle
    private var waiters: [UniqueID: (event: Event, deadline: Moment)] = [:]
    private var attempts: ReconnectAttempts
    private var isRefused = false
    /// Failures in a row are forgotten after so long a time of consuming.
    private let stableAfter: Duration

    init(backoff: ReconnectBackoff, stableAfter: Duration = .seconds(5)) {
        attempts = ReconnectAttempts(backoff: backoff)
        self.stableAfter = stableAfter
    }

    var isConsuming: Bool { if case .consuming = phase { true } else { false } }

    /// Whether there is a connection whose loss matters.
    var isEstablished: Bool { isConsuming || phase == .repairing || phase == .stopping }

    mutating func start() -> [Action] {
        guard phase == .idle else { return [] }
        phase = .connecting
        return [.connect]
    }

    /// An attempt to connect or to repair has succeeded.
    mutating func established(now: Moment) -> [Action] {
        guard phase == .connecting || phase == .repairing else { return [] }
        phase = .consuming(since: now)
        isRefused = false
        return resume(.consuming, .reached)
    }

    /// An attempt to connect or to repair has failed.
    mutating func failed(isRefusal: Bool, randomFactor: Double, now: Moment) -> [Action] {
        switch phase {
        case .connecting, .repairing:
            isRefused = isRefusal
            let told = isRefusal ? resume(.consuming, .refused) : []
            // The connection may well be there when what was refused is a declaration.
            return told + [.abandon] + retry(randomFactor, now)
        case .stopping: return cancelled()
        default: return []
        }
    }

    /// The connection is gone.
    mutating func lost(randomFactor: Double, now: Moment) -> [Action] {
        switch phase {
        case .consuming(let since):
            let isStable = isStable(since, now)
            if isStable { attempts.succeed() }
            return retry(isFailure: !isStable, randomFactor, now)
        case .repairing: return retry(randomFactor, now)
        case .stopping: return cancelled()
        default: return []
        }
    }

    /// A consumer was cancelled by the broker, or the channel was closed.
    mutating func disturbed(randomFactor: Double, now: Moment) -> [Action] {
        guard case .consuming(let since) = phase else { return [] }
        // Whoever deletes the queue again and again does not get us to spin.
        guard isStable(since, now) else { return [.abandon] + retry(randomFactor, now) }
        attempts.succeed()
        phase = .repairing
        return [.repair]
    }

    /// Time has passed.
    mutating func tick(now: Moment) -> [Action] {
        let expired = waiters.filter { $0.value.deadline <= now }.map(\.key)
        for id in expired { waiters[id] = nil }
        let told = expired.isEmpty ? [] : [Action.resume(expired, .timedOut)]
        guard case .waiting(let until) = phase, until <= now else { return told }
        phase = .connecting
        return told + [.connect]
    }

    /// The next moment at which `tick` has something to do.
    var nextTick: Moment? {
        let retry: Moment? = if case .waiting(let until) = phase { until } else { nil }
        return (waiters.values.map(\.deadline) + [retry].compactMap(\.self)).min()
    }

    private func isStable(_ since: Moment, _ now: Moment) -> Bool {
        since.duration(to: now) >= stableAfter
    }

    private mutating func retry(
        isFailure: Bool = true,
        _ randomFactor: Double,
        _ now: Moment
    ) -> [Action] {
        phase = .waiting(until: attempts.next(isFailure: isFailure, randomFactor: randomFactor, now: now))
        return tick(now: now)
    }
}

extension ListenerStateMachine {
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

    /// No delivery comes any more.
    mutating func cancelled() -> [Action] {
        guard phase == .stopping else { return [] }
        phase = .stopped
        return resume(.stopped, .reached)
    }

    /// Lets somebody wait; an outcome when there is nothing to wait for.
    mutating func wait(_ id: UniqueID, for event: Event, deadline: Moment) -> Outcome? {
        switch (event, phase) {
        case (.consuming, .consuming), (.stopped, .stopped): return .reached
        case (.consuming, .stopping), (.consuming, .stopped): return .stopped
        case (.consuming, _) where isRefused: return .refused
        default:
            waiters[id] = (event, deadline)
            return nil
        }
    }

    private mutating func resume(_ event: Event, _ outcome: Outcome) -> [Action] {
        let ids = waiters.filter { $0.value.event == event }.map(\.key)
        for id in ids { waiters[id] = nil }
        return ids.isEmpty ? [] : [.resume(ids, outcome)]
    }
}
