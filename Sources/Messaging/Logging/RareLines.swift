// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

package import Logging
internal import Names
package import Threads

/// Why a line of the log is written, in as much detail as lines are told apart.
package protocol LogCause: Hashable, Sendable {
    /// The cause without what senders choose: used once they have chosen too many.
    var common: Self { get }
}

/// Which lines of a log are to be written: each cause once a minute, for as long as it lasts, so that the end of a long
/// log shows it and whoever causes it cannot fill the log. A value without a clock.
package struct RareLines<Cause: LogCause>: Sendable {
    private struct Line {
        var told: Moment
        var last: Moment
        var untold = 0
    }

    /// How long a cause that was told is not told again.
    private var interval: Duration { .seconds(60) }
    /// Causes that hold what senders choose must not pile up: beyond this many they are told by what they have in
    /// common.
    private var maximumCount: Int { 64 }

    private var lines: [Cause: Line] = [:]

    /// Makes a value that knows of no line.
    package init() {}

    /// Notes a cause; if it is due to be told, returns how often it has come since its last line, this time included.
    package mutating func note(_ cause: Cause, now: Moment) -> Int? {
        var cause = cause
        if lines[cause] == nil, lines.count >= maximumCount {
            lines = lines.filter { $0.value.last.duration(to: now) < interval }
            if lines.count >= maximumCount { cause = cause.common }
        }
        guard var line = lines[cause], line.told.duration(to: now) < interval else {
            let untold = lines[cause]?.untold ?? 0
            lines[cause] = Line(told: now, last: now)
            return untold + 1
        }
        line.untold += 1
        line.last = now
        lines[cause] = line
        return nil
    }

    /// Forgets causes that are over: one that comes again is news.
    package mutating func end(_ isOver: (Cause) -> Bool) { lines = lines.filter { !isOver($0.key) } }
}

/// Writes lines that somebody outside can cause as often as they like: each cause once a minute, with how often it
/// came. The others go to the level `debug`.
package final class RareLog<Cause: LogCause>: Sendable {
    private let lines = Guarded(RareLines<Cause>())

    /// Makes a log that knows of no line.
    package init() {}

    /// Writes a line, at `debug` if its cause was told within the last minute.
    package func tell(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ metadata: Logger.Metadata,
        _ cause: Cause,
        to logger: Logger
    ) {
        let count = lines.withLock { $0.note(cause, now: .now) }
        var metadata = metadata
        if let count, count > 1 { metadata["times"] = "\(count)" }
        logger.log(level: count == nil ? .debug : level, message, metadata: metadata)
    }

    /// Forgets causes that are over.
    package func end(_ isOver: (Cause) -> Bool) { lines.withLock { $0.end(isOver) } }
}

/// What servers and listeners log about messages that others have sent them.
struct MessageTrouble: LogCause {
    enum Kind: Sendable {
        case duplicate, methodFailed, endpointFailed, noReply, unknownPriority, unsentReply
    }

    var kind: Kind
    /// Whose trouble it is, such as a method's; nil for everybody's.
    var subject: Name?

    var common: Self { Self(kind: kind) }
}

extension MessageTrouble {
    /// An error, told by its type only: its text can hold what the sender has written.
    init(_ kind: Kind, _ error: any Error) { self.init(kind: kind, subject: Name("\(type(of: error))")) }
}
