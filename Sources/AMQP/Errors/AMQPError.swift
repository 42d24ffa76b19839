// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Why something on an AMQP connection failed.
public struct AMQPError: Error, Sendable, Hashable {
    /// What a program switches on.
    public var code: Code
    /// What an operator reads; may hold text from the broker, never a credential.
    public var message: String
    /// The broker's own code and text, when it spoke.
    public var reply: Reply?
    /// Which method of an operation it is about, counted from 0; nil for everything else.
    public var step: Int?

    /// Makes an error.
    public init(_ code: Code, _ message: String, reply: Reply? = nil) {
        self.code = code
        self.message = message
        self.reply = reply
    }

    /// Whether the same operation may succeed a little later, on this connection or a new one.
    public var isRetriable: Bool { code.isRetriable }

    /// The code alone.
    public var shortDescription: String { code.description }

    /// The code, and the broker's own words where it spoke: for clients, who need not know the broker's address.
    public var report: String { reply.map { "\(code): \($0)" } ?? "\(code)" }
}

extension AMQPError: CustomStringConvertible {
    /// Code, message and the broker's reply, for operators.
    public var description: String {
        guard let reply else { return "\(code): \(message)" }
        return "\(code): \(message) (\(reply))"
    }
}

extension AMQPError {
    /// The broker's reply code and text, as in `404 NOT_FOUND - no exchange 'x' in vhost '/'`.
    public struct Reply: Sendable, Hashable, CustomStringConvertible {
        /// AMQP reply code, 200 to 599.
        public var code: Int
        /// The broker's text, which may quote names that others have chosen: for people, not for decisions. One line, of a
        /// bounded length.
        public let text: String
        /// The method that the broker refused, where it is one that this client sends.
        var methodID: MethodID?
        /// Whether the broker closed the connection with it, not a channel.
        var isOfConnection = false

        /// Makes a reply.
        public init(code: Int, text: String, refused: RefusedMethod? = nil) {
            self.code = code
            self.text = text.asOneLine
            methodID = refused?.methodID
        }

        /// What the broker refused.
        public var refused: RefusedMethod? { RefusedMethod.allCases.first { $0.methodID == methodID } }

        /// Code and text.
        public var description: String { "\(code) \(text)" }
    }
}

/// A method that the broker has closed a channel over.
public enum RefusedMethod: Sendable, Hashable, CaseIterable {
    /// The exchange exists in another form, or the user may not declare it.
    case exchangeDeclare
    /// The queue exists in another form, is missing (passive), or the user may not declare it.
    case queueDeclare
    /// The queue or the exchange is missing, or the user lacks the right.
    case queueBind
    /// The queue is missing or locked, or the user lacks the right.
    case basicConsume
    /// The exchange is missing, takes no messages of this user, or the message is not accepted (too large, for one).
    case basicPublish

    var methodID: MethodID {
        switch self {
        case .exchangeDeclare: .exchangeDeclare
        case .queueDeclare: .queueDeclare
        case .queueBind: .queueBind
        case .basicConsume: .basicConsume
        case .basicPublish: .basicPublish
        }
    }
}

extension AMQPError {
    /// The error of a channel that the broker closed.
    static func channelClosed(by reply: Reply) -> AMQPError {
        AMQPError(code(of: reply) ?? .channelClosed, "the broker closed the channel", reply: reply)
    }

    /// The error of a connection that the broker closed.
    static func connectionClosed(by reply: Reply, duringLogin: Bool) -> AMQPError {
        // 403 before the connection is open is about the credentials, afterwards about a permission.
        if duringLogin, reply.code == 403 {
            return AMQPError(.authenticationFailed, "the broker refused the credentials", reply: reply)
        }
        let code = reply.code == 530 || reply.code == 403 ? code(of: reply) : nil
        return AMQPError(code ?? .connectionClosed, "the broker closed the connection", reply: reply)
    }

    static func invalidArgument(_ message: String) -> AMQPError { AMQPError(.invalidArgument, message) }

    static func protocolViolation(_ message: String) -> AMQPError { AMQPError(.protocolViolation, message) }

    static let closedByThisSide = AMQPError(.connectionClosed, "the connection was closed by this side")

    static let loopEnded = AMQPError(.connectionClosed, "the loop of the connection has ended")

    private static func code(of reply: Reply) -> Code? {
        switch reply.code {
        case 403: .accessRefused
        case 404: .notFound
        case 405: .resourceLocked
        case 406: .preconditionFailed
        case 530: .notAllowed
        default: nil
        }
    }
}
