// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// A version of an endpoint or a message, such as `1.10` or `1.10.2`.
public struct RPCVersion: Sendable, Hashable, CustomStringConvertible {
    /// Versions with another major number are incompatible.
    public let major: Int
    /// A server understands this minor number and the lower ones.
    public let minor: Int
    /// Counts only where the minor numbers are equal; 0 if left out.
    public let revision: Int

    /// Makes a version.
    public init(major: Int, minor: Int, revision: Int = 0) {
        self.major = major
        self.minor = minor
        self.revision = revision
    }

    /// Reads `major.minor` or `major.minor.revision`; further parts are ignored.
    ///
    /// - Throws: What is wrong with the text.
    public init(_ text: String) throws(RPCVersionError) {
        guard text.utf8.contains(UInt8(ascii: ".")) else { throw RPCVersionError(text: text, reason: .tooFewParts) }
        var reader = Reader(text: text)
        major = try reader.number()
        minor = try reader.number()
        revision = reader.hasMore ? try reader.number() : 0
    }

    /// `major.minor.revision`, the revision left out where it is 0.
    public var description: String { revision == 0 ? "\(major).\(minor)" : "\(major).\(minor).\(revision)" }

    /// Whether a server of this version understands a message of `requested`.
    public func supports(_ requested: RPCVersion) -> Bool {
        guard major == requested.major else { return false }
        return minor == requested.minor ? requested.revision <= revision : requested.minor < minor
    }

    /// Reads one part after the other.
    private struct Reader {
        let text: String
        var position = 0
        var hasMore = true

        mutating func number() throws(RPCVersionError) -> Int {
            let bytes = text.utf8.span
            let start = position
            var (value, overflows) = (0, false)
            while position < bytes.count, bytes[position] != UInt8(ascii: ".") {
                guard 0x30...0x39 ~= bytes[position] else { throw RPCVersionError(text: text, reason: .notANumber) }
                let (product, first) = value.multipliedReportingOverflow(by: 10)
                let (sum, second) = product.addingReportingOverflow(Int(bytes[position] & 0xf))
                (value, overflows) = (sum, overflows || first || second)
                position += 1
            }
            guard position > start else { throw RPCVersionError(text: text, reason: .notANumber) }
            guard !overflows else { throw RPCVersionError(text: text, reason: .tooLarge) }
            hasMore = position < bytes.count
            position += 1
            return value
        }
    }
}

/// The rule that says which versions go together (`oslo_messaging._utils.version_is_compatible`).
public enum VersionCompatibility {
    /// Whether something implemented in one version serves a request of another.
    ///
    /// Both must have the same major number and the requested one must not be higher; numbers are compared as numbers.
    /// Whoever implements no particular version serves everything; whoever does serves no request without a version.
    ///
    /// - Parameters:
    ///   - implemented: the version cap of a client or the version of an endpoint.
    ///   - requested: the version of the message.
    /// - Throws: when both are given and one of them is not a version.
    public static func isCompatible(implemented: String?, requested: String?) throws(RPCVersionError) -> Bool {
        guard let implemented else { return true }
        guard let requested else { return false }
        return try RPCVersion(implemented).supports(RPCVersion(requested))
    }
}

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
