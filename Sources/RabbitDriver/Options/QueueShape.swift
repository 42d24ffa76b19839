// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A queue as oslo.messaging declares it, free of any AMQP library.
public struct QueueShape: Sendable, Hashable {
    /// A value of an argument table, with the type it has on the wire.
    public enum Argument: Sendable, Hashable {
        /// A 32-bit integer (`I`).
        case integer(Int)
        /// A long string (`S`).
        case text(String)
        /// A boolean (`t`).
        case flag(Bool)
    }

    /// The name.
    public var name: String
    /// Whether it survives a restart of the broker.
    public var isDurable: Bool
    /// Whether it vanishes with its last consumer.
    public var isAutoDelete: Bool
    /// The arguments, in their order.
    public var arguments: [Entry]

    /// One argument.
    public struct Entry: Sendable, Hashable {
        /// The name.
        public var name: String
        /// The value.
        public var value: Argument
    }
}

/// An exchange as oslo.messaging declares it.
public struct ExchangeShape: Sendable, Hashable {
    /// The name.
    public var name: String
    /// `topic` or `fanout`.
    public var type: String
    /// Whether it survives a restart of the broker.
    public var isDurable: Bool
    /// Whether it vanishes with its last binding.
    public var isAutoDelete: Bool
}
