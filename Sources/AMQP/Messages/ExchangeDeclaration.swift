// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// An exchange as it is declared.
public struct ExchangeDeclaration: Sendable, Hashable {
    /// Name, at most 255 bytes.
    public var name: Name
    /// Type: `topic`, `fanout`, `direct`, or one of a plug-in.
    public var type: String
    /// Whether this only asks for an existing exchange (`notFound` when there is none).
    public var isPassive: Bool
    /// Whether it survives a restart of the broker.
    public var isDurable: Bool
    /// Whether it goes when its last binding goes.
    public var isAutoDelete: Bool
    /// Optional arguments; empty for none.
    public var arguments: FieldTable

    /// The question for the exchange of this name.
    var passive: ExchangeDeclaration { ExchangeDeclaration(name: name, type: type, isPassive: true) }

    /// Makes a declaration.
    public init(
        name: Name,
        type: String = "topic",
        isPassive: Bool = false,
        isDurable: Bool = false,
        isAutoDelete: Bool = false,
        arguments: FieldTable = [:]
    ) {
        self.name = name
        self.type = type
        self.isPassive = isPassive
        self.isDurable = isDurable
        self.isAutoDelete = isAutoDelete
        self.arguments = arguments
    }
}
