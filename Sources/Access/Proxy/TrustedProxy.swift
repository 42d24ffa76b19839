// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Networks of peers and users of Unix sockets, as an operator writes them.
public struct NetworkList: Sendable, Equatable {
    /// They as they are written.
    public let texts: [String]
    private let ranges: [NetworkRange]
    /// The peers of Unix sockets by their users: `unix:33`.
    private let users: [Name]

    /// How one of them is written.
    public static let allowed = NetworkRange.allowed + ", or unix: and the number of a user of this machine"

    /// Reads a list; nil where one of them has another form.
    public init?(_ texts: [String]) {
        users = texts.filter { PeerAddress.user($0) != nil }.map { Name($0) }
        ranges = texts.compactMap { NetworkRange($0) }
        guard users.count + ranges.count == texts.count else { return nil }
        self.texts = texts
    }

    /// No network.
    public static let none = NetworkList()

    private init() { (texts, ranges, users) = ([], [], []) }

    /// Whether nobody is in it.
    public var isEmpty: Bool { texts.isEmpty }

    /// Whether every address of IPv4 or IPv6 is in one of them.
    public var isEverybody: Bool { ranges.contains { $0.isEverybody } }

    /// Whether it has a numeric address, or that of a Unix socket's peer.
    public func contains(_ address: String) -> Bool {
        NetworkAddress(address).map(contains) ?? users.contains(Name(address))
    }

    func contains(_ address: NetworkAddress) -> Bool { ranges.contains { $0.contains(address) } }
}

/// Who stands in front of the gateway and is believed, and in what.
public struct TrustedProxy: Sendable, Equatable {
    /// The fields that say whom the proxy has proved.
    public enum Identity: Sendable, Equatable {
        /// Those of keystonemiddleware's `auth_token`.
        case keystone
        /// A field with the name, and one with the roles between commas.
        case fields(name: String, roles: String?)
    }

    /// The field that says from which address a request came to the proxy.
    public enum Forwarding: String, Sendable, CaseIterable {
        case xForwardedFor = "x-forwarded-for"
        /// RFC 7239.
        case forwarded
        case none
    }

    /// Where its requests come from.
    public let peers: NetworkList
    /// The names of certificates that show it, wherever its requests come from.
    public let certificates: CertificateNames
    /// How it says whom it has proved; nil where it does not.
    public let identity: Identity?
    /// How it says where requests came from.
    public let forwarding: Forwarding
    /// The fields in which only a proxy is believed; none where it proves nobody.
    public let fields: [String]

    /// What the names of its principals begin with, as those of an issuer begin with its name.
    static let namespace: Name = "proxy"

    /// Believes requests of some peers, and of whoever shows one of some certificates.
    public init(
        peers: NetworkList,
        certificates: CertificateNames = .none,
        identity: Identity?,
        forwarding: Forwarding = .xForwardedFor
    ) {
        self.peers = peers
        self.certificates = certificates
        self.identity = identity
        self.forwarding = forwarding
        fields =
            switch identity {
            case nil: []
            case .keystone: KeystoneFields.all
            case .fields(let name, let roles): [name] + (roles.map { [$0] } ?? [])
            }
    }

    /// Whether a request comes from it.
    ///
    /// - Parameters:
    ///   - certificate: What the peer has shown; nil for nothing, and where no certificate is believed.
    ///   - now: Seconds since 1970.
    func believes(_ peer: String, _ certificate: ProvedCertificate?, now: Int64) -> Bool {
        peers.contains(peer) || certificates.name(certificate, now: now)
    }

    /// Whom the proxy has proved; nil where it names nobody.
    ///
    /// - Throws: `unbelievable` for a field of anybody else, and for what is said twice or in two ways; `wrong` for who is not
    ///   proved.
    func principal(_ credentials: Credentials, now: Int64) throws(AuthenticationError) -> Principal? {
        guard let identity, let first = credentials.ofProxy.first else { return nil }
        guard believes(credentials.peer, credentials.certificate, now: now) else {
            throw .unbelievable(field: first.name, .foreign)
        }
        let fields = try ProxyFields(credentials.ofProxy)
        let proof = PrincipalProof.proxy(peer: credentials.peer, credentials.certificate)
        switch identity {
        case .keystone: return try KeystoneFields.principal(fields, proof)
        case .fields(let name, let roles):
            return try Self.principal(user: fields[name], roles: roles.flatMap { fields[$0] }, [:], proof)
        }
    }

    static func principal(
        user: Name?,
        roles: Name?,
        _ attributes: [PrincipalAttribute: Name],
        _ proof: PrincipalProof
    ) throws(AuthenticationError) -> Principal {
        guard let user, AccessName.isVisible(user.utf8) else { throw .wrong(.proxyName) }
        let named = Array(roles?.utf8 ?? "".utf8).split(separator: 0x2c).map { $0.withoutSpaces }
            .filter { !$0.isEmpty }.map { Name(String(decoding: $0, as: UTF8.self)) }
        guard named.count <= Issuer.mostRoles, named.allSatisfy(AccessName.isOfOthers) else {
            throw .wrong(.proxyRoles)
        }
        return Principal(
            name: Name("\(namespace)\(Issuer.separator)\(user)"),
            roles: named,
            attributes: attributes,
            source: .proxy,
            proof: proof
        )
    }
}

/// The fields of a proxy, each of which stands once and is a text.
struct ProxyFields {
    private var values: [Name: Name] = [:]

    init(_ fields: [(name: String, value: Credentials.Field)]) throws(AuthenticationError) {
        for (name, field) in fields {
            switch field {
            case .absent: break
            case .repeated: throw .unbelievable(field: name, .twice)
            case .once(let bytes):
                guard let text = String(validating: bytes, as: UTF8.self) else { throw .wrong(.proxyAttribute) }
                values[Name(name)] = Name(text)
            }
        }
    }

    /// What a field says; nil where it is not there.
    subscript(_ name: String) -> Name? { values[Name(name)] }
}
