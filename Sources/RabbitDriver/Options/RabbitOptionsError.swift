// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Everything that is unknown or wrong among the options of a transport.
public struct RabbitOptionsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence for each option, naming it and the fix; values are repeated, as no option holds a secret.
    public var problems: [String]

    /// The sentences.
    public var description: String { problems.joined(separator: "; ") }
}
