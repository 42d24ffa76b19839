// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a descriptor can be ready for.
public struct Readiness: OptionSet, Sendable, Hashable {
    /// One bit for each kind.
    public let rawValue: UInt8

    /// Makes a set of bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A read does not wait: there is something, the end, or an error to be read.
    public static let readable = Readiness(rawValue: 1)
    /// A write takes at least one byte.
    public static let writable = Readiness(rawValue: 2)
}

/// Something that owns a descriptor that a loop watches, or that has to know of the loop's end; called on the loop's
/// thread.
public protocol EventSource: AnyObject {
    /// The descriptor is ready; called again in every turn while it stays so.
    func isReady(_ readiness: Readiness)
    /// The loop ends while it watches: nothing more will be told, so what is open has to be closed.
    func loopDidEnd()
}

/// Something that does its work once in each turn, after sources, timers and inbox; called on the loop's thread.
public protocol TurnTaker: AnyObject {
    /// Does what there is to do, without waiting.
    func takeTurn()
    /// How many milliseconds may pass before the next turn has to begin; nil when only events matter.
    var maximumWait: Int32? { get }
}

/// Something that lets its input lie until others of its loop have some; called on the loop's thread.
public protocol Follower: AnyObject {
    /// Others of the loop have input in this turn.
    func othersHadInput()
}

/// Something that gathers output during a turn and writes it at its end; called on the loop's thread.
public protocol Flushable: AnyObject {
    /// Writes what has gathered, as far as it goes without waiting.
    func flush()
}
