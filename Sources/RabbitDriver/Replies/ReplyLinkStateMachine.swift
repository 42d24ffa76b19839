// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ConnectionPool
internal import Messaging
internal import Threads

/// Decides when the connection that receives replies is made, checked and made again; a value without I/O.
///
/// While it consumes, a message of the driver's own goes through the reply queue at every interval. One that is returned
/// means that the queue is gone, and one that does not come back in time that the link is deaf: both are mended.
struct ReplyLinkStateMachine: Sendable {
    /// A call that may be sent once replies can be received.
    struct Waiter: Sendable {
        var id: UniqueID
        var deadline: Moment
        /// Failed attempts it still tolerates; nil for any number.
        var retry: Int?
    }

    enum Action: Sendable, Equatable {
        /// Open a connection, declare the reply queue and consume from it.
        case connect
        /// Close the connection of this generation, or what becomes of it.
        case abandon
        /// Declare and consume again on the same connection.
        case repair
        /// Publish a message to our own reply queue.
        case sendLoopback
        /// These calls may be sent now.
        case proceed([UniqueID])
        /// These calls tolerate no further failed attempt.
        case refuse([UniqueID])
        /// These calls have ended at their deadline; nothing is left to tell.
        case forget([UniqueID])
    }

    enum Phase: Sendable, Equatable {
        /// Nobody has asked for a connection yet.
        case idle
        case stopped
        case waiting(until: Moment)
        case connecting
        case consuming
        case repairing(since: Moment)
    }

    /// How often a message of our own goes through the reply queue.
    static let loopbackInterval = Duration.seconds(1)
    /// How long none may come back before the link counts as deaf.
    static let deafAfter = Duration.seconds(4)

    private(set) var phase = Phase.idle
    private(set) var lastLoopback: Moment?
    /// When the oldest message of our own was sent that the broker took and that has not come back.
    private var missingSince: Moment?
    private(set) var waiters: [UniqueID: Waiter] = [:]
    private var attempts: ReconnectAttempts
    /// Whether a message of our own has come back over the present connection.
    private var isProven = false

    init(backoff: ReconnectBackoff) { attempts = ReconnectAttempts(backoff: backoff) }

    var isConsuming: Bool { phase == .consuming }

    /// Whether there is a connection that consumes, or consumed until its queue vanished.
    var isEstablished: Bool { isConsuming || isRepairing }

    /// Only the first start counts, and none after a stop.
    mutating func start() -> [Action] {
        guard phase == .idle else { return [] }
        phase = .connecting
        return [.connect]
    }

    /// Lets a call wait; false when it need not.
    mutating func enqueue(_ waiter: Waiter) -> Bool {
        guard !isConsuming, phase != .stopped else { return false }
        waiters[waiter.id] = waiter
        return true
    }

    mutating func connected(now: Moment) -> [Action] {
        guard phase == .connecting || isRepairing else { return [] }
        missingSince = nil
        isProven = false
        phase = .consuming
        defer { waiters = [:] }
        return [.proceed(Array(waiters.keys)), .sendLoopback]
    }

    /// An attempt failed or the connection is gone.
    mutating func lost(isAttempt: Bool, randomFactor: Double, now: Moment) -> [Action] {
        guard phase != .stopped else { return [] }
        if case .waiting = phase { return [] }
        // A peer that accepts and then hangs up, before anything came back, must not be asked again at full speed.
        let isFailure = isAttempt || !isProven
        phase = .waiting(until: attempts.next(isFailure: isFailure, randomFactor: randomFactor, now: now))
        return (isAttempt ? [.refuse(takeExhausted())] : []) + tick(now: now)
    }

    /// The broker says, by basic.cancel or by returning a message, that the reply queue is gone.
    mutating func queueVanished(now: Moment) -> [Action] {
        guard isConsuming else { return [] }
        lastLoopback = nil
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
        takeExpired(now) + advance(now)
    }

    private mutating func advance(_ now: Moment) -> [Action] {
        switch phase {
        case .idle, .stopped, .connecting: return []
        case .waiting(let until):
            guard until <= now else { return [] }
            phase = .connecting
            return [.connect]
        case .consuming:
            guard let missingSince, missingSince.duration(to: now) > Self.deafAfter else { return [.sendLoopback] }
            return abandon(now)
        case .repairing(let since): return since.duration(to: now) > Self.deafAfter ? abandon(now) : []
        }
    }

    private mutating func abandon(_ now: Moment) -> [Action] {
        lastLoopback = nil
        phase = .waiting(until: now)
        return [.abandon] + advance(now)
    }

    /// The next moment at which `tick` has something to do.
    func nextTick(now: Moment) -> Moment? {
        switch phase {
        case .idle, .stopped: nil
        case .waiting(let until): until
        case .connecting, .consuming, .repairing: now.advanced(by: Self.loopbackInterval)
        }
    }

    mutating func stop() -> [Action] {
        phase = .stopped
        defer { waiters = [:] }
        return [.refuse(Array(waiters.keys))]
    }

    private var isRepairing: Bool { if case .repairing = phase { true } else { false } }

    private mutating func takeExpired(_ now: Moment) -> [Action] {
        let expired = waiters.values.filter { $0.deadline <= now }.map(\.id)
        guard !expired.isEmpty else { return [] }
        for id in expired { waiters[id] = nil }
        return [.forget(expired)]
    }

    private mutating func takeExhausted() -> [UniqueID] {
        let exhausted = waiters.filter { $0.value.retry == 0 }.map(\.key)
        waiters = waiters.filter { $0.value.retry != 0 }.mapValues { waiter in
            var waiter = waiter
            waiter.retry = waiter.retry.map { $0 - 1 }
            return waiter
        }
        return exhausted
    }
}
