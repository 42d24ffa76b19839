// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import ConnectionPool
internal import Messaging

extension MessagingError {
    /// The error of a message that got no connection.
    init(_ reason: LeaseFailure<AMQPError>) {
        switch reason {
        case .deadlineExceeded(let latest):
            let cause = latest.map { " (\($0.report))" } ?? ""
            self.init(.timeout, "Timed out waiting for a connection to the broker\(cause)", stage: .connect)
        case .connectionFailed(let error): self.init(unreachable: error)
        case .queueFull:
            self.init(.overloaded, "Too many messages wait for a connection to the broker", stage: .connect)
        case .blocked:
            self.init(.brokerBlocked, "The broker blocks publishers (connection.blocked)", stage: .connect)
        case .shutDown: self.init(.shutdown, "The transport is shutting down", stage: .connect)
        }
    }

    /// The error of a message that got no channel.
    init(_ refusal: ChannelAllocator<SendJob>.Refusal) {
        switch refusal {
        case .tooLarge(let limit):
            let message = "The broker takes no messages as large as this one: it refused one of \(limit) bytes just now"
            self.init(.messageTooLarge, message, stage: .connect)
        case .full: self.init(.overloaded, "Too many messages wait for a channel to the broker", stage: .connect)
        }
    }

    /// The error of a message that the broker has refused for its size.
    init(tooLarge bytes: Int) {
        let message = "The broker takes no messages of \(bytes) bytes (its max_message_size)"
        self.init(.messageTooLarge, message, stage: .publish)
    }

    /// The error of a message when no broker can be reached, or when the one that is reached refuses what the message
    /// needs.
    init(unreachable error: AMQPError) {
        if let refusal = error.refusal {
            self.init(.brokerConfiguration, "The \(refusal)", stage: .connect)
        } else {
            self.init(.brokerUnavailable, "No broker could be reached (\(error.report))", stage: .connect)
        }
    }

    /// The error of a message when no byte of it was written.
    ///
    /// - Parameters:
    ///   - queue: what was declared and bound for the message.
    ///   - declares: whether the exchange was declared first: if it is missing, it has been deleted since.
    init(unsent error: AMQPError, exchange: String, queue: String? = nil, declares: Bool) {
        switch error.code {
        case .blocked:
            self.init(.brokerBlocked, "The broker blocks publishers: \(error.message)", stage: .publish)
        case .expired:
            self.init(.timeout, "Timed out before the message could be written to the broker", stage: .publish)
        case .outboxFull:
            self.init(.overloaded, "Too many bytes wait to be written to the broker", stage: .publish)
        case .notFound
        where error.reply?.refused == .exchangeDeclare || !declares && error.reply?.refused == .basicPublish:
            let message = "No queue is bound for the target: there is no exchange \"\(exchange)\" (404 NOT_FOUND)"
            self.init(.undeliverable, message, stage: .publish)
        case .notFound where declares:
            let message = "Exchange \"\(exchange)\" is deleted as often as it is declared (404 NOT_FOUND)"
            self.init(.undeliverable, message, stage: .publish)
        case .preconditionFailed, .accessRefused, .notFound, .notAllowed, .resourceLocked:
            let subject = error.refusedSubject(exchange: exchange, queue: queue)
            self.init(.brokerConfiguration, "The broker refuses \(subject): \(error.words)", stage: .publish)
        case .invalidArgument:
            self.init(.invalidTarget, error.message, stage: .publish)
        default: self.init(unreachable: error)
        }
    }
}

extension AMQPError {
    /// The broker's own words where it refuses something for a reason that somebody has to mend, such as credentials, a
    /// virtual host, rights or a declaration; nil for everything else.
    var refusal: String? {
        switch code {
        case .authenticationFailed: "broker refuses the login: \(words)"
        case .notAllowed: "broker refuses the connection: \(words)"
        case .accessRefused, .preconditionFailed, .resourceLocked: reply.map { "broker refuses \($0.subject): \($0)" }
        default: nil
        }
    }

    /// The broker's words, or ours where it did not speak.
    fileprivate var words: String { reply.map { "\($0)" } ?? message }

    /// Which of the things that a message needs is refused.
    fileprivate func refusedSubject(exchange: String, queue: String?) -> String {
        switch (reply?.refused, queue) {
        case (.queueDeclare, let queue?): "queue \"\(queue)\""
        case (.queueBind, let queue?): "to bind queue \"\(queue)\" to exchange \"\(exchange)\""
        default: "exchange \"\(exchange)\""
        }
    }

    /// Whether the connection is at fault, so that another one may do.
    var isConnectionLoss: Bool {
        [.connectionClosed, .connectionLost, .heartbeatMissed, .channelClosed].contains(code)
    }
}

extension AMQPError.Reply {
    /// What the broker refuses, where its words name it.
    fileprivate var subject: String {
        switch refused {
        case .exchangeDeclare: "an exchange"
        case .queueDeclare: "a queue"
        case .queueBind: "to bind a queue"
        case .basicConsume: "to have a queue consumed"
        case .basicPublish: "a message"
        case nil: "what was asked for"
        }
    }
}

extension MessagingError {
    /// The error of a reply that was given up.
    init(_ reason: ReplyRetries.Reason) {
        switch reason {
        case .missingQueue: self.init(.undeliverable, "The caller's reply queue does not exist", stage: .publish)
        case .broker: self.init(.brokerUnavailable, "No broker took the reply in time", stage: .publish)
        case .overload: self.init(.overloaded, "Too many replies wait to be sent again", stage: .publish)
        case .shutdown: self.init(.shutdown, "The transport is shutting down", stage: .publish)
        }
    }
}

extension MessagingError.Code {
    /// Whether the broker may take the same message a little later.
    var isPassing: Bool {
        switch known {
        case .brokerUnavailable, .deliveryUnknown, .timeout, .brokerBlocked, .overloaded, .brokerRejected: true
        case .invalidTarget, .versionCapExceeded, .invalidRequest, .undeliverable, .noConsumers, .callMonitorTimeout,
            .brokerConfiguration, .messageTooLarge, .badReply, .remote, .cancelled, .shutdown:
            false
        }
    }
}
