// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Logging
internal import Names
internal import Threads

/// Who a request is from, with what was in force when that was found out.
///
/// A reference, so that a request carries one word of it, and none where nobody asks.
final class Caller: Sendable {
    let principal: Principal
    let access: AccessControl
    /// The numeric address of the peer.
    let address: String
    /// Whether it sets a request context.
    let setsContext: Bool
    /// What it has of its client's limits; nil where there are none.
    let place: ClientPlace?
    /// What it has of the limits of rules; entries of a batch keep theirs until all of it has ended.
    let placesOfRules = Guarded<[ClientPlace.Kept]>([])
    /// Where what it is allowed is noted; nil for a request that leaves nothing behind.
    let record: AccessRecord?

    convenience init(
        _ principal: Principal,
        _ access: AccessControl,
        _ head: RequestHead,
        _ place: ClientPlace? = nil
    ) {
        let setsContext = head.fields.contains("Rpc-Context")
        self.init(principal, access, address: head.remoteAddress, setsContext: setsContext, place)
    }

    init(
        _ principal: Principal,
        _ access: AccessControl,
        address: String,
        setsContext: Bool = false,
        _ place: ClientPlace? = nil,
        _ record: AccessRecord? = nil
    ) {
        self.principal = principal
        self.access = access
        self.address = address
        self.setsContext = setsContext
        self.place = place
        self.record = record
    }

    /// The same, with a record of what it is allowed.
    func recording() -> Caller {
        Caller(principal, access, address: address, setsContext: setsContext, place, AccessRecord())
    }

    /// Whose is what the request leaves behind; nil where nobody is asked who they are.
    var owner: Name? { access.asks ? principal.name : nil }

    /// The probes that everybody may ask: these paths as they are written here, and nothing that contains or resembles them.
    private static let openPaths = ["/healthz", "/livez", "/readyz"].map { Array($0.utf8) }

    /// Whether nobody has to say who they are at a path.
    static func isNeedless(at path: [UInt8]) -> Bool { openPaths.contains(path) }
}

extension Credentials {
    /// What a request brings to say who it is from.
    init(_ head: RequestHead) {
        self.init(
            authorization: Self.field(head.fields, "Authorization"),
            apiKey: Self.field(head.fields, "X-Api-Key"),
            certificate: head.clientCertificate?.proved
        )
    }

    /// The same, with what a proxy says that may be believed.
    init(_ head: RequestHead, _ proxy: TrustedProxy?) {
        self.init(head)
        guard let proxy, !proxy.fields.isEmpty else { return }
        peer = head.proxyAddress ?? head.remoteAddress
        for name in proxy.fields {
            let values = head.fields.bytes(ofAll: name)
            guard let value = values.first else { continue }
            ofProxy.append((name, values.count == 1 ? .once(value) : .repeated))
        }
    }

    private static func field(_ fields: RequestFields, _ name: StaticString) -> Field {
        guard let value = fields.bytes(of: name) else { return .absent }
        return fields.count(of: name) == 1 ? .once(value) : .repeated
    }
}

extension ClientCertificate {
    /// The same, as access has it.
    var proved: ProvedCertificate {
        note.value { ProvedCertificate(names: names.map { ProvedCertificate.Name($0) }, end: end) }
    }
}

extension ProvedCertificate.Name {
    fileprivate init(_ name: ClientCertificate.Name) {
        self =
            switch name {
            case .uri(let bytes): .uri(bytes)
            case .dns(let bytes): .dns(bytes)
            case .email(let bytes): .email(bytes)
            case .commonName(let bytes): .commonName(bytes)
            }
    }
}

extension Caller {
    /// Refuses credentials in places from which they get into logs, histories and other sites' requests.
    static func checkPlaces(_ head: RequestHead) throws(AuthenticationError) {
        if let query = head.query, MisplacedCredential.isIn(query: query) { throw .misplaced(.query) }
        guard head.fields.contains("Cookie") else { return }
        for cookie in head.fields.values(of: "Cookie") where MisplacedCredential.isIn(cookie: Array(cookie.utf8)[...]) {
            throw .misplaced(.cookie)
        }
    }
}

extension RequestHead {
    /// Whether the body is, or may be, larger than what comes along with a head.
    var mayHaveLargeBody: Bool {
        if fields.contains("Transfer-Encoding") { return true }
        // Five digits are less than 100 kB.
        return fields.bytes(of: "Content-Length").map { $0.count > 5 } ?? false
    }
}

extension Problem {
    /// Nobody knows who a request is from.
    init(_ error: AuthenticationError) {
        switch error {
        case .missing:
            let remedy = "send Authorization: Bearer KEY or X-Api-Key: KEY (rpc-gateway keys new makes keys)"
            self = .unauthenticated("The request brings no credential; \(remedy)", #"Bearer realm="rpc-gateway""#)
        case .wrong:
            // What is wrong with it is for the log.
            let challenge = #"Bearer realm="rpc-gateway", error="invalid_token""#
            self = .unauthenticated("The credential is not valid here", challenge)
        case .keysUnknown: self = .overloaded(.issuerKeys, until: nil, now: .now)
        case .ambiguous(let what): self = .invalidRequest(what.rawValue)
        case .misplaced, .unbelievable: self = .invalidRequest(error.reason)
        }
    }

    /// The credential that something was begun with has ended, or was taken back.
    static let credentialEnded: Problem = {
        let challenge = #"Bearer realm="rpc-gateway", error="invalid_token""#
        return .unauthenticated("The credential that this was begun with is not valid here any more", challenge)
    }()

    private static func unauthenticated(_ detail: String, _ challenge: String) -> Problem {
        var problem = Problem(.unauthenticated, detail)
        problem.fields = [("WWW-Authenticate", challenge)]
        return problem
    }
}

extension GatewayCore {
    /// Tells the log why a stranger was turned away; of the credential nothing but what is wrong with it.
    func noteStranger(_ error: AuthenticationError, _ head: RequestHead, _ identity: RequestIdentity) {
        guard logger.logLevel <= .info else { return }
        logger.info(
            "credential refused",
            metadata: [
                "request.id": "\(identity.id)", "client.address": "\(head.remoteAddress)", "reason": "\(error.reason)",
            ]
        )
    }
}
