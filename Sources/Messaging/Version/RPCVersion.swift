// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

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
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count >= 2 else { throw RPCVersionError(text: text, reason: .tooFewParts) }
        major = try RPCVersion.number(parts[0], of: text)
        minor = try RPCVersion.number(parts[1], of: text)
        revision = parts.count == 2 ? 0 : try RPCVersion.number(parts[2], of: text)
    }

    /// `major.minor.revision`, the revision left out where it is 0.
    public var description: String { revision == 0 ? "\(major).\(minor)" : "\(major).\(minor).\(revision)" }

    /// Whether a server of this version understands a message of `requested`.
    public func supports(_ requested: RPCVersion) -> Bool {
        guard major == requested.major else { return false }
        return minor == requested.minor ? requested.revision <= revision : requested.minor < minor
    }

    private static func number(_ part: Substring.UTF8View, of text: String) throws(RPCVersionError) -> Int {
        guard !part.isEmpty, part.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
            throw RPCVersionError(text: text, reason: .notANumber)
        }
        guard let number = Int(Substring(part)) else { throw RPCVersionError(text: text, reason: .tooLarge) }
        return number
    }
}
