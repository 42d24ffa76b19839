// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A message in a reply queue is no reply.
public struct ReplyEnvelopeError: Error, Sendable, CustomStringConvertible {
    /// What kinds of defects there are.
    public enum Kind: Sendable, Hashable {
        case tooLarge, contentType, compression, malformed
        /// Nothing is wrong with it, but too much has to be inflated before it.
        case crowded
    }

    /// Which of them it has.
    public var kind: Kind
    /// What is wrong with it.
    public var reason: String
    /// The call that it most likely answers, found without trusting the rest of the body.
    public var messageID: UniqueID?

    /// The reason.
    public var description: String { reason }
}

extension ReplyEnvelope {
    /// Looks for the identifier after `_msg_id` in a body that cannot be parsed, at any level of escaping.
    ///
    /// With it the waiting call learns at once that its reply is unusable instead of running into its timeout.
    static func salvageMessageID(_ body: [UInt8]) -> UniqueID? {
        let marker = Array(#"_msg_id"#.utf8)
        let span = body.span
        for start in body.indices.dropLast(marker.count) where body[start] == marker[0] {
            guard body[start...].starts(with: marker) else { continue }
            var index = start + marker.count
            while index < body.count, Self.isPunctuation(body[index]) { index += 1 }
            guard index + 32 <= body.count else { return nil }
            return UniqueID(hexadecimal: span, index..<(index + 32))
        }
        return nil
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        byte == 0x22 || byte == 0x5c || byte == 0x3a || byte == 0x20
    }
}

extension ReplyEnvelopeError {
    /// Makes an error whose call is looked for in the body.
    public init(_ kind: Kind, reason: String, salvagedFrom body: [UInt8]) {
        self.init(kind: kind, reason: reason, messageID: ReplyEnvelope.salvageMessageID(body))
    }
}
