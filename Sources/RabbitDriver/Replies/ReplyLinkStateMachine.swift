//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import ConnectionPool
internal import Messaging

/// Decides when the connection that receives replies is made, checked and made again; a value without I/O.
///
/// While it consumes, a message of the driver's own goes through the reply queue at every interval. One that is returned
/// means that the queue is gone, and one that does not come back in time that the link is deaf: both are mended.
struct ReplyLinkStateMachine: Sendable {
    /// A call that may be sent once replies can be received.
    struct Waiter: Sendable {
        var id: UniqueID
        var deadline: ContinuousClock.Instant
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
    }

    enum Phase: Sendable, Equatable {
        case stopped
        case waiting(until: ContinuousClock.Instant)
        case connecting
        case consuming(since: ContinuousClock.Instant)
        case repairing(since: ContinuousClock.Instant)
    }

    /// How often a message of our own goes through the reply queue.
    static let loopbackInterval = Duration.seconds(1)
    /// How long none may come back before the link counts as deaf.
    static let deafAfter = Duration.seconds(4)

    private(set) var phase = Phase.stopped
    private(set) var lastLoopback: ContinuousClock.Instant?
    private(set) var waiters: [UniqueID: Waiter] = [:]
    private var failures = 0
    private let backoff: ReconnectBackoff

    init(backoff: ReconnectBackoff) { self.backoff = backoff }

    var isConsuming: Bool { if case .consuming = phase { true } else { false } }

    mutating func start() -> [Action] {
        guard phase == .stopped else { return [] }
        phase = .connecting
        return [.connect]
    }

    /// Lets a call wait; false when it need not.
    mutating func enqueue(_ waiter: Waiter) -> Bool {
        guard !isConsuming else { return false }
        waiters[waiter.id] = waiter
        return true
    }

    mutating func connected(now: ContinuousClock.Instant) -> [Action] {
        guard phase == .connecting || isRepairing else { return [] }
        failures = 0
        phase = .consuming(since: now)
        defer { waiters = [:] }
        return [.proceed(Array(waiters.keys)), .sendLoopback]
    }

    /// An attempt failed or the connection is gone.
    mutating func lost(isAttempt: Bool, randomFactor: Double, now: ContinuousClock.Instant) -> [Action] {
        guard phase != .stopped else { return [] }
        if case .waiting = phase { return [] }
        failures += isAttempt ? 1 : 0
        phase = .waiting(until: now.advanced(by: backoff.delay(afterFailures: failures, randomFactor: randomFactor)))
        return (isAttempt ? [.refuse(takeExhausted())] : []) + tick(now: now)
    }

    /// The broker says, by basic.cancel or by returning a message, that the reply queue is gone.
    mutating func queueVanished(now: ContinuousClock.Instant) -> [Action] {
        guard isConsuming else { return [] }
        lastLoopback = nil
        phase = .repairing(since: now)
        return [.repair]
    }

    mutating func loopbackArrived(now: ContinuousClock.Instant) { lastLoopback = now }

    /// Time has passed.
    mutating func tick(now: ContinuousClock.Instant) -> [Action] {
        waiters = waiters.filter { $0.value.deadline > now }
        switch phase {
        case .stopped, .connecting: return []
        case .waiting(let until):
            guard until <= now else { return [] }
            phase = .connecting
            return [.connect]
        case .consuming(let since), .repairing(let since):
            guard max(since, lastLoopback ?? since).duration(to: now) > Self.deafAfter else {
                return isConsuming ? [.sendLoopback] : []
            }
            lastLoopback = nil
            phase = .waiting(until: now)
            return [.abandon] + tick(now: now)
        }
    }

    /// The next moment at which `tick` has something to do.
    func nextTick(now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        switch phase {
        case .stopped: nil
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
