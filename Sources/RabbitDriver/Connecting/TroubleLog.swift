// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Messaging
internal import Names

/// A trouble with a broker, or with what came from it, of which the log tells once a minute.
///
/// It is known by codes and by what was under way, never by the broker's text.
struct TroubleCause: LogCause {
    /// Whose trouble it is, which can be a name that clients choose; nil for everybody's, such as a refused login.
    var subject: Name?
    var code: AMQPError.Code?
    var replyCode: Int?
    var refused: RefusedMethod?
    /// What is wrong with a message that cannot be read.
    var defect: ReplyEnvelopeError.Kind?

    var common: Self {
        var copy = self
        copy.subject = nil
        return copy
    }

    /// Whether it is over when all is well with a subject, as everybody's trouble is then too.
    func isOver(with subject: Name?) -> Bool { self.subject == nil || self.subject == subject }

    /// Replies that cannot be read: that all is well with a connection does not end it.
    static func reply(_ defect: ReplyEnvelopeError.Kind) -> Self {
        Self(subject: "undecodable replies", defect: defect)
    }

    /// Messages in a queue that cannot be read, whatever is wrong with them.
    static func message(in queue: Name) -> Self {
        Self(subject: Name("unreadable messages in \(queue)"), defect: .malformed)
    }
}

/// Tells of the broker's troubles for all connections of a driver together.
final class TroubleLog: Sendable {
    private let lines = RareLog<TroubleCause>()

    /// Writes a line about an error: a warning if it is due to be told.
    ///
    /// - Parameter subject: whose trouble it is; nil for that of every connection.
    func tell(_ message: Logger.Message, _ error: AMQPError, of subject: Name?, to logger: Logger) {
        let (code, reply) = (error.code, error.reply)
        let cause = TroubleCause(subject: subject, code: code, replyCode: reply?.code, refused: reply?.refused)
        tell(message, ["error": "\(error)"], cause, to: logger)
    }

    /// Writes a line about a trouble that is no error of the broker's: a warning if it is due to be told.
    func tell(_ message: Logger.Message, _ metadata: Logger.Metadata, _ cause: TroubleCause, to logger: Logger) {
        lines.tell(.warning, message, metadata, cause, to: logger)
    }

    /// Notes that all is well with a subject.
    func end(_ subject: Name?) { lines.end { $0.isOver(with: subject) } }
}
