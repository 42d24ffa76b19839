// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names
public import Threads

/// Who a request is from, as far as it could be proved.
///
/// A reference, so that a request carries one word of it.
public final class Principal: Sendable {
    /// What proved who it is.
    public enum Source: Sendable, Equatable {
        /// Nothing: the request brought no credential, and needed none.
        case nothing
        /// An API key, by its identifier, which is no secret.
        case apiKey(id: String)
        /// A token of an issuer, by the name that the operator gave the issuer.
        case token(issuer: Name)
        /// A trusted proxy, which says whom it has proved.
        case proxy
        /// A certificate that the client showed when it connected.
        case certificate
    }

    /// The name, by which one principal is told from another.
    public let name: Name
    /// The roles, in the order in which they were given.
    public let roles: [Name]
    /// What services are told besides.
    public let attributes: [PrincipalAttribute: Name]
    /// What proved it.
    public let source: Source
    /// What proved it, to be looked at again.
    let proof: PrincipalProof
    /// The limits of its own; nil where it has those of all.
    public let limits: PrincipalLimits?
    /// What is made of it once for all its requests. It ends with the principal, and so with the keys, issuers and settings that were
    /// in force when that was made.
    public let note = Note()

    /// Makes a principal that nothing proves.
    public convenience init(
        name: Name,
        roles: [Name] = [],
        attributes: [PrincipalAttribute: Name] = [:],
        source: Source
    ) {
        self.init(name: name, roles: roles, attributes: attributes, source: source, proof: .nothing)
    }

    init(
        name: Name,
        roles: [Name] = [],
        attributes: [PrincipalAttribute: Name] = [:],
        source: Source,
        proof: PrincipalProof,
        limits: PrincipalLimits? = nil
    ) {
        self.name = name
        self.roles = roles
        self.attributes = attributes
        self.source = source
        self.proof = proof
        self.limits = limits
    }

    /// Whom requests without a credential are from, where they are let in.
    public static let anonymous = Principal(name: "anonymous", source: .nothing)

    /// Whether nothing proved who it is.
    public var isAnonymous: Bool { source == .nothing }

    /// Whether another one may do the same: what proved it does not matter.
    func isSame(as other: Principal) -> Bool {
        name == other.name && roles == other.roles && attributes == other.attributes
    }
}

/// How names of principals and roles look.
enum AccessName {
    static let longest = 128
    static let allowed = "1 to \(longest) letters, digits and . _ - + @ : /"

    /// The name of a text; nil for one that could not stand in a log line or a rule without quotes.
    static func read(_ text: String) -> Name? {
        guard (1...longest).contains(text.utf8.count), text.utf8.allSatisfy(isAllowed) else { return nil }
        return Name(text)
    }

    /// The longest name or role that somebody else has given out: an issuer, an authority of certificates, a proxy.
    static let longestOfOthers = 256

    /// Whether the name of a principal that somebody else has given out can stand in a line of the log, and be written in a rule.
    static func isVisible(_ name: some Collection<UInt8>) -> Bool {
        (1...longestOfOthers).contains(name.count)
            && name.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }
    }

    /// Whether a role or an attribute that somebody else has given out can stand in a line of the log.
    static func isOfOthers(_ text: Name) -> Bool {
        (1...longestOfOthers).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2e, 0x5f, 0x2d, 0x2b, 0x40, 0x3a, 0x2f: true
        default: false
        }
    }
}
