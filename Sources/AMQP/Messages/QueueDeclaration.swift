// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// A queue as it is declared.
public struct QueueDeclaration: Sendable, Hashable {
    /// Name, at most 255 bytes; the broker makes one up for an empty name.
    public var name: Name
    /// Whether only to ask for an existing queue (`notFound` when there is none).
    public var isPassive: Bool
    /// Whether it survives a restart of the broker.
    public var isDurable: Bool
    /// Whether only this connection may use it.
    public var isExclusive: Bool
    /// Whether it goes when its last consumer goes.
    public var isAutoDelete: Bool
    /// Optional arguments, as `x-expires`; empty for none.
    public var arguments: FieldTable

    /// Makes a declaration.
    public init(
        name: Name,
        isPassive: Bool = false,
        isDurable: Bool = false,
        isExclusive: Bool = false,
        isAutoDelete: Bool = false,
        arguments: FieldTable = [:]
    ) {
        self.name = name
        self.isPassive = isPassive
        self.isDurable = isDurable
        self.isExclusive = isExclusive
        self.isAutoDelete = isAutoDelete
        self.arguments = arguments
    }
}
