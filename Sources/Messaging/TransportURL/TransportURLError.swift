// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Why a text is not a transport URL. It holds no part of the text, which may contain a password.
public struct TransportURLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong; reasons may be added.
    public struct Reason: Sendable, Hashable {
        /// The reason in words, with the way out.
        public let explanation: String

        private init(_ explanation: String) { self.explanation = explanation }

        /// There is no `driver://` at the start.
        public static let missingScheme = Reason("it must begin with a driver, as in rabbit://host:5672/")
        /// The driver's name has characters that no scheme has.
        public static let invalidScheme = Reason("the driver's name may hold only letters, digits, '+', '-' and '.'")
        /// There is a control character, written or escaped.
        public static let controlCharacter = Reason("control characters cannot stand in it")
        /// Escaped bytes do not form UTF-8.
        public static let invalidUTF8 = Reason("the percent-encoded bytes are not valid UTF-8")
        /// A host name has blanks or characters that no host has.
        public static let invalidHost = Reason("the host name holds a blank or a character that no host name has")
        /// A `[` without `]`, or something other than an IPv6 address between them.
        public static let invalidAddress = Reason("an IPv6 address stands in brackets, as in [::1]:5672")
        /// A port that is not a number from 1 to 65535.
        public static let invalidPort = Reason(
            "the port must be a number from 1 to 65535; '/', '?', '#', ',' in a password must be percent-encoded"
        )
    }

    /// What is wrong.
    public let reason: Reason
    /// Where it is wrong: the number of bytes of the text before it.
    public let offset: Int

    /// The reason and the place.
    public var description: String { "invalid transport URL at byte \(offset): \(reason.explanation)" }
}
