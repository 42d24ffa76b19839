// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Messaging
internal import Names
internal import Threads

/// Which troubles are told in a line of the log: each cause once a minute, for as long as it lasts, so that the end of a long
/// log shows it and a broker that is away for days does not fill it. A value without a clock.
///
/// What a cause is goes by codes and by what was under way, never by the broker's text.
struct TroubleLines: Sendable {
    struct Cause: Sendable, Hashable {
        /// Whose trouble it is; nil for that of everybody, such as a login that is refused.
        var subject: Name?
        var code: AMQPError.Code?
        var replyCode: Int?
        var refused: RefusedMethod?
        /// Of a message that cannot be read.
        var defect: ReplyEnvelopeError.Kind?

        /// Replies that cannot be read, which no connection's well-being ends.
        static func reply(_ defect: ReplyEnvelopeError.Kind) -> Cause {
            Cause(subject: "undecodable replies", defect: defect)
        }

        /// Messages in a queue that cannot be read, whatever is wrong with them.
        static func message(in queue: Name) -> Cause {
            Cause(subject: Name("unreadable messages in \(queue)"), defect: .malformed)
        }
    }

    private struct Line {
        var told: Moment
        var last: Moment
        var untold = 0
    }

    /// How long a cause that was told is not told again.
    static let interval = Duration.seconds(60)
    /// Subjects may be names that clients choose, and must not pile up: one more is everybody's.
    private static let maximumCount = 64

    private var lines: [Cause: Line] = [:]

    /// Notes a trouble; gives how often it has come since its last line where it is to be told now, this time included.
    mutating func note(_ cause: Cause, now: Moment) -> Int? {
        var cause = cause
        if lines[cause] == nil, lines.count >= Self.maximumCount {
            lines = lines.filter { $0.value.last.duration(to: now) < Self.interval }
            if lines.count >= Self.maximumCount { cause.subject = nil }
        }
        guard var line = lines[cause], line.told.duration(to: now) < Self.interval else {
            let untold = lines[cause]?.untold ?? 0
            lines[cause] = Line(told: now, last: now)
            return untold + 1
        }
        line.untold += 1
        line.last = now
        lines[cause] = line
        return nil
    }

    /// Notes that all is well with a subject, and so with what is everybody's: trouble that comes again is news.
    mutating func end(_ subject: Name?) {
        lines = lines.filter { $0.key.subject != nil && $0.key.subject != subject }
    }
}

/// Tells of the broker's troubles for all connections of a driver together.
final class TroubleLog: Sendable {
    private let lines = Guarded(TroubleLines())

    /// Writes a line about an error, a warning where it is to be told now.
    ///
    /// - Parameter subject: whose trouble it is; nil for that of every connection.
    func tell(_ message: Logger.Message, _ error: AMQPError, of subject: Name?, to logger: Logger) {
        let cause = TroubleLines.Cause(
            subject: subject,
            code: error.code,
            replyCode: error.reply?.code,
            refused: error.reply?.refused
        )
        tell(message, ["error": "\(error)"], cause, to: logger)
    }

    /// Writes a line about what is no error of the broker's, a warning where it is to be told now.
    func tell(
        _ message: Logger.Message,
        _ metadata: Logger.Metadata,
        _ cause: TroubleLines.Cause,
        to logger: Logger
    ) {
        let count = lines.withLock { $0.note(cause, now: .now) }
        var metadata = metadata
        if let count, count > 1 { metadata["times"] = "\(count)" }
        logger.log(level: count == nil ? .debug : .warning, message, metadata: metadata)
    }

    /// Notes that all is well with a subject.
    func end(_ subject: Name?) { lines.withLock { $0.end(subject) } }
}
