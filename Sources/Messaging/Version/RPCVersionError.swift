// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// Why a text is not a version.
public struct RPCVersionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: String, Sendable {
        /// There is no minor number.
        case tooFewParts = "it must have at least two parts, as in 1.0"
        /// A part is not a decimal number.
        case notANumber = "each part must be a decimal number"
        /// A part exceeds 64 bits.
        case tooLarge = "a part is too large"
    }

    /// The text.
    @Bytewise public private(set) var text: String
    /// What is wrong with it.
    public let reason: Reason

    /// The text, cut to a readable length, and the reason.
    public var description: String {
        "\"\(String(text.unicodeScalars.prefix(40)))\" is not a version: \(reason.rawValue)"
    }
}
