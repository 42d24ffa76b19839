// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Logging
import Messaging
import Names
import Testing
import Threads

@testable import RabbitDriver

/// What the log is told of a broker's troubles, and what clients are.
struct TroubleTests {
    private let start = Moment.now
    private let login = TroubleCause(subject: nil, code: .authenticationFailed, replyCode: 403, refused: nil)

    private func refusal(of queue: String) -> TroubleCause {
        TroubleCause(subject: Name(queue), code: .preconditionFailed, replyCode: 406, refused: .queueDeclare)
    }

    @Test func aCauseIsToldOnceAMinuteWithHowOftenItCame() {
        var lines = RareLines<TroubleCause>()
        var told: [Int: Int] = [:]
        for second in 0..<180 {
            if let count = lines.note(login, now: start + .seconds(second)) { told[second] = count }
        }
        #expect(told == [0: 1, 60: 60, 120: 60])
    }

    @Test func eachCauseHasAMinuteOfItsOwn() {
        var lines = RareLines<TroubleCause>()
        let causes = [login, refusal(of: "a"), refusal(of: "b"), login, refusal(of: "a")]
        let told = causes.map { lines.note($0, now: start) }
        #expect(told == [1, 1, 1, nil, nil])
    }

    @Test func whatComesAgainAfterAllWasWellIsNews() {
        var lines = RareLines<TroubleCause>()
        _ = [login, refusal(of: "a"), refusal(of: "b")].map { lines.note($0, now: start) }
        lines.end { $0.isOver(with: "a") }
        let told = [login, refusal(of: "a"), refusal(of: "b")].map { lines.note($0, now: start + .seconds(1)) }
        #expect(told == [1, 1, nil])
    }

    /// A server that sends one bad reply sends thousands.
    @Test func badRepliesAreToldOnceAMinuteForEachDefect() {
        var lines = RareLines<TroubleCause>()
        let kinds: [ReplyEnvelopeError.Kind] = [.malformed, .contentType, .malformed, .malformed, .tooLarge]
        let told = kinds.map { lines.note(.reply($0), now: start) }
        #expect(told == [1, 1, nil, nil, 1])
        // Nothing of it is over because a connection is well.
        lines.end { $0.isOver(with: nil) }
        lines.end { $0.isOver(with: "replies") }
        let later = lines.note(.reply(.malformed), now: start + .seconds(59))
        #expect(later == nil)
        let aMinuteLater = lines.note(.reply(.malformed), now: start + .seconds(60))
        #expect(aMinuteLater == 4)
    }

    @Test func aThousandBadMessagesAreALineOfTheLogForEachQueue() {
        let (log, lines) = (TroubleLog(), Guarded<[String]>([]))
        var logger = Logger(label: "test") { _ in LineCollector(lines) }
        logger.logLevel = .info
        for number in 0..<1000 {
            log.tell("undecodable reply", ["reason": "at byte \(number)"], .reply(.malformed), to: logger)
            log.tell(
                "unreadable message",
                ["reason": "in q\(number % 2)"],
                .message(in: Name("q\(number % 2)")),
                to: logger
            )
        }
        let expected = ["undecodable reply at byte 0", "unreadable message in q0", "unreadable message in q1"]
        #expect(lines.withLock { $0 } == expected)
    }

    @Test func namesThatClientsChooseDoNotFillTheLog() {
        var lines = RareLines<TroubleCause>()
        let told = (0..<1000).filter { lines.note(refusal(of: "q\($0)"), now: start) != nil }
        #expect(told.count == 65)
        // Those of a minute ago make room.
        let later = lines.note(refusal(of: "another"), now: start + .seconds(60))
        #expect(later == 1)
    }

    @Test(
        arguments: [
            (AMQPError.Code.authenticationFailed, 403, "The broker refuses the login: 403 NO"),
            (.notAllowed, 530, "The broker refuses the connection: 530 NO"),
        ]
    )
    func aRefusedConnectionIsTheBrokersConfiguration(_ code: AMQPError.Code, _ number: Int, _ message: String) {
        let error = MessagingError(unreachable: AMQPError(code, "refused", reply: .init(code: number, text: "NO")))
        #expect(error.code == .brokerConfiguration)
        #expect(error.message == message)
        #expect(error.execution == .no)
    }

    @Test func aRefusedReplyQueueIsTheBrokersConfiguration() {
        let reply = AMQPError.Reply(code: 403, text: "NO", refused: .queueDeclare)
        let error = MessagingError(unreachable: AMQPError(.accessRefused, "refused", reply: reply))
        #expect(error.code == .brokerConfiguration)
        #expect(error.message == "The broker refuses a queue: 403 NO")
    }

    @Test func aBrokerThatGoesAwayIsUnavailableInItsOwnWords() {
        let reply = AMQPError.Reply(code: 320, text: "CONNECTION_FORCED - bye")
        let error = MessagingError(unreachable: AMQPError(.connectionClosed, "closed", reply: reply))
        #expect(error.code == .brokerUnavailable)
        #expect(error.message == "No broker could be reached (connectionClosed: 320 CONNECTION_FORCED - bye)")
        // Nobody's address is told to clients.
        let silent = MessagingError(unreachable: AMQPError(.connectionRefused, "no connection to 10.0.0.1:5672"))
        #expect(silent.message == "No broker could be reached (connectionRefused)")
    }

    /// What the text says decides nothing.
    @Test func aTextThatSpeaksOfRightsIsNoRefusal() {
        let reply = AMQPError.Reply(code: 541, text: "ACCESS_REFUSED - vhost not found")
        #expect(MessagingError(unreachable: AMQPError(.connectionClosed, "", reply: reply)).code == .brokerUnavailable)
    }

    @Test func aRefusedQueueIsNamed() {
        let reply = AMQPError.Reply(code: 406, text: "NO", refused: .queueDeclare)
        let refused = AMQPError(.preconditionFailed, "refused", reply: reply)
        let error = MessagingError(unsent: refused, exchange: "x", queue: "bugq.info", declares: true)
        #expect(error.message == "The broker refuses queue \"bugq.info\": 406 NO")
        let exchange = AMQPError.Reply(code: 406, text: "NO", refused: .exchangeDeclare)
        let other = AMQPError(.preconditionFailed, "refused", reply: exchange)
        let message = MessagingError(unsent: other, exchange: "x", queue: "bugq.info", declares: true).message
        #expect(message == "The broker refuses exchange \"x\": 406 NO")
    }
}

/// Keeps what is logged at `info` and above.
private struct LineCollector: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    private let lines: Guarded<[String]>

    init(_ lines: Guarded<[String]>) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let reason = event.metadata?["reason"].map { " \($0)" } ?? ""
        lines.withLock { $0.append("\(event.message)\(reason)") }
    }
}
