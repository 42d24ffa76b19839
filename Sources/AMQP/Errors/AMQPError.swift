//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Why something on an AMQP connection failed.
public struct AMQPError: Error, Sendable, Hashable {
    /// What a program switches on.
    public var code: Code
    /// What an operator reads; may hold text of the broker, never a credential.
    public var message: String
    /// The broker's own code and text, when it spoke.
    public var reply: Reply?

    /// Makes an error.
    public init(_ code: Code, _ message: String, reply: Reply? = nil) {
        self.code = code
        self.message = message
        self.reply = reply
    }

    /// Whether the same operation may succeed on a new or the same connection a little later.
    public var isRetriable: Bool { code.isRetriable }

    /// The code alone: safe for logs and for clients.
    public var shortDescription: String { code.description }
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
        /// The broker's text.
        public var text: String

        /// Makes a reply.
        public init(code: Int, text: String) {
            self.code = code
            self.text = text
        }

        /// Code and text.
        public var description: String { "\(code) \(text)" }
    }
}
