// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import SeededRandom
import Testing

@testable import Access

/// What a proxy says, by whom and how it is said.
struct TrustedProxyTests {
    private func proxy(
        _ identity: TrustedProxy.Identity? = .keystone,
        _ forwarding: TrustedProxy.Forwarding = .xForwardedFor
    ) throws -> TrustedProxy {
        let peers = try #require(NetworkList(["10.0.0.0/8", "2001:db8::/32"]))
        return TrustedProxy(peers: peers, identity: identity, forwarding: forwarding)
    }

    private func field(_ text: String) -> Credentials.Field { .once(Array(text.utf8)[...]) }

    private func credentials(_ peer: String, _ fields: [(String, String)], key: String? = nil) -> Credentials {
        var credentials = Credentials(apiKey: key.map { field($0) } ?? .absent)
        credentials.peer = peer
        credentials.ofProxy = fields.map { ($0.0, field($0.1)) }
        return credentials
    }

    private static let confirmed = [("X-Identity-Status", "Confirmed"), ("X-User-Id", "u1"), ("X-Roles", "a, b")]

    @Test func whoeverIsNoProxyIsNotBelieved() throws {
        let authenticator = Authenticator(keys: nil, proxy: try proxy())
        for peer in ["10.0.0.1", "10.255.255.255", "2001:db8::9", "::ffff:10.0.0.1"] {
            let principal = try authenticator.principal(of: credentials(peer, Self.confirmed), now: 0)
            #expect(principal.name == "proxy#u1")
            #expect(principal.roles == ["a", "b"])
            #expect(principal.attributes == [.user: "u1"])
        }
        for peer in ["11.0.0.1", "2001:db9::1", "", "10.0.0.1x", "localhost"] {
            let foreign = AuthenticationError.unbelievable(field: "X-Identity-Status", .foreign)
            #expect(throws: foreign) { try authenticator.principal(of: credentials(peer, Self.confirmed), now: 0) }
            #expect(throws: AuthenticationError.missing) {
                try authenticator.principal(of: credentials(peer, []), now: 0)
            }
        }
        #expect(throws: AuthenticationError.missing) {
            try authenticator.principal(of: credentials("10.0.0.1", []), now: 0)
        }
    }

    @Test func peersOfUnixSocketsAreTheirUsers() throws {
        let peers = try #require(NetworkList(["unix:33", "10.0.0.1"]))
        #expect(["unix:33", "10.0.0.1"].allSatisfy { peers.contains($0) })
        #expect(!["unix:34", "unix:3", "unix:330", "unix:", "33", "unix"].contains { peers.contains($0) })
        for text in ["unix:", "unix:x", "unix:-1", "unix:12345678901", "Unix:3", "unix:3 "] {
            #expect(NetworkList([text]) == nil, "\(text)")
        }
    }

    @Test func aCertificateShowsAProxyWhereverItIs() throws {
        let names = try #require(CertificateNames(["dns:proxy.example", "uri:spiffe://a/proxy"]))
        let proxy = TrustedProxy(peers: .none, certificates: names, identity: .keystone)
        let authenticator = Authenticator(keys: nil, proxy: proxy, certificates: .auto)
        func principal(_ names: [ProvedCertificate.Name], _ fields: [(String, String)], now: Int64 = 0) throws -> Name {
            var credentials = credentials("192.0.2.1", fields)
            credentials.certificate = ProvedCertificate(names: names, end: 100)
            return try authenticator.principal(of: credentials, now: now).name
        }
        func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
        let shown: ProvedCertificate.Name = .dns(bytes("proxy.example"))
        #expect(try principal([shown], Self.confirmed) == "proxy#u1")
        #expect(try principal([.dns(bytes("a")), shown], Self.confirmed) == "proxy#u1")
        // What it says nothing of is from nobody, and not from the proxy.
        #expect(throws: AuthenticationError.missing) { try principal([shown], []) }
        let foreign = AuthenticationError.unbelievable(field: "X-Identity-Status", .foreign)
        #expect(throws: foreign) { try principal([shown], Self.confirmed, now: 100) }
        for other: ProvedCertificate.Name in [
            .commonName(bytes("proxy.example")), .uri(bytes("proxy.example")), .dns(bytes("Proxy.example")),
            .dns(bytes("proxy.example.org")), .dns(bytes("proxy.exampl")), .dns(bytes("proxy.example\0")), .dns([]),
        ] {
            #expect(throws: foreign) { try principal([other], Self.confirmed) }
        }
        #expect(throws: foreign) { try principal([], Self.confirmed) }
        #expect(try principal([.dns(bytes("alice"))], []) == "cert#dns:alice")
        for text in ["proxy.example", "dns:", "auto:a", "none:a", "dns:a b", "DNS:a", ":a"] {
            #expect(CertificateNames([text]) == nil, "\(text)")
        }
    }

    @Test func whomAProxyNamesAgainIsTheSame() throws {
        let authenticator = Authenticator(keys: nil, proxy: try proxy(.fields(name: "X-U", roles: "X-R")))
        func principal(_ fields: [(String, String)], _ peer: String = "10.0.0.1") throws -> Principal {
            try authenticator.principal(of: credentials(peer, fields), now: 0)
        }
        let first = try principal([("X-U", "a"), ("X-R", "b")])
        #expect(try principal([("X-U", "a"), ("X-R", "b")]) === first)
        // The same bytes in other parts, and from elsewhere.
        let others = try [
            principal([("X-U", "a"), ("X-R", "b,c")]), principal([("X-U", "a,b"), ("X-R", "")]),
            principal([("X-U", "a")]),
            principal([("X-U", "ab"), ("X-R", "")]), principal([("X-U", "a"), ("X-R", "b")], "10.0.0.2"),
        ]
        #expect(!others.contains { $0 === first })
        #expect(others.map(\.roles) == [["b", "c"], [], [], [], ["b"]])
        #expect(throws: AuthenticationError.unbelievable(field: "X-U", .foreign)) {
            try principal([("X-U", "a"), ("X-R", "b")], "192.0.2.1")
        }
        for _ in 0..<2 {
            #expect(throws: AuthenticationError.unbelievable(field: "X-R", .twice)) {
                var twice = credentials("10.0.0.1", [("X-U", "a"), ("X-R", "b")])
                twice.ofProxy[1].value = .repeated
                _ = try authenticator.principal(of: twice, now: 0)
            }
        }
    }

    @Test func aProxysCertificateThatHasEndedNamesNobodyAgain() throws {
        let names = try #require(CertificateNames(["dns:proxy"]))
        let proxy = TrustedProxy(peers: .none, certificates: names, identity: .fields(name: "X-U", roles: nil))
        let authenticator = Authenticator(keys: nil, proxy: proxy)
        func principal(_ certificate: ProvedCertificate, now: Int64) throws -> Principal {
            var credentials = credentials("192.0.2.1", [("X-U", "a")])
            credentials.certificate = certificate
            return try authenticator.principal(of: credentials, now: now)
        }
        let shown = ProvedCertificate(names: [.dns(Array("proxy".utf8))], end: 100)
        let first = try principal(shown, now: 0)
        #expect(try principal(shown, now: 99) === first)
        let foreign = AuthenticationError.unbelievable(field: "X-U", .foreign)
        #expect(throws: foreign) { try principal(shown, now: 100) }
        #expect(throws: foreign) {
            try principal(ProvedCertificate(names: [.dns(Array("other".utf8))], end: 100), now: 0)
        }
        #expect(try principal(ProvedCertificate(names: shown.names, end: 200), now: 100) !== first)
    }

    @Test func aKeyAndAProxyHaveToAgree() throws {
        let key = try newKey("proxy", roles: [])
        let keys = try KeyTable(file: file(key.line))
        let authenticator = Authenticator(keys: keys, proxy: try proxy())
        #expect(throws: AuthenticationError.ambiguous(.proxy)) {
            try authenticator.principal(of: credentials("10.0.0.1", Self.confirmed, key: key.key.text), now: 0)
        }
        #expect(throws: AuthenticationError.wrong(.unknown)) {
            try authenticator.principal(of: credentials("10.0.0.1", Self.confirmed, key: "rgw_x"), now: 0)
        }
        let alone = try authenticator.principal(of: credentials("10.0.0.1", [], key: key.key.text), now: 0)
        #expect(alone.name == "proxy")
    }

    @Test func noIssuerAndNoKeyIsCalledAsAProxysPrincipal() throws {
        #expect(throws: AccessFileError.self) {
            _ = try IssuerTable(file: Array("- {name: proxy, issuer: i, audiences: a, secret: s}".utf8)) { _ in
                Array(repeating: 7, count: 32)
            }
        }
        #expect(NewKey.allowedNames.contains("#") == false)
    }

    @Test(arguments: [
        ([("X-Identity-Status", "Invalid")], AuthenticationError.wrong(.proxyStatus)),
        ([("X-User-Id", "u1")], .wrong(.proxyStatus)),
        ([("X-Identity-Status", "Confirmed")], .wrong(.proxyName)),
        ([("X-Identity-Status", "Confirmed"), ("X-User-Id", "a b")], .wrong(.proxyName)),
        (confirmed + [("X-Project-Id", "a\u{7}")], .wrong(.proxyAttribute)),
        (confirmed + [("X-Tenant-Id", "p")], .unbelievable(field: "X-Tenant-Id", .contradicted)),
        (confirmed + [("X-Role", "a,b")], .unbelievable(field: "X-Role", .contradicted)),
    ]) func whatKeystoneCannotMeanIsRefused(_ fields: [(String, String)], _ error: AuthenticationError) throws {
        let authenticator = Authenticator(keys: nil, proxy: try proxy())
        #expect(throws: error) { try authenticator.principal(of: credentials("10.0.0.1", fields), now: 0) }
    }

    @Test func rolesAreBoundedAndNamed() throws {
        let authenticator = Authenticator(keys: nil, proxy: try proxy(.fields(name: "X-U", roles: "X-R")))
        func roles(_ text: String) throws -> [Name] {
            try authenticator.principal(of: credentials("10.0.0.1", [("X-U", "a"), ("X-R", text)]), now: 0).roles
        }
        #expect(try roles(" a ,,b\t, c d ") == ["a", "b", "c d"])
        #expect(try roles("") == [])
        let many = Array(repeating: "r", count: 257).joined(separator: ",")
        #expect(throws: AuthenticationError.wrong(.proxyRoles)) { try roles(many) }
        #expect(throws: AuthenticationError.wrong(.proxyRoles)) { try roles("a\u{7f}") }
    }

    private func client(_ forwarding: TrustedProxy.Forwarding, _ values: [String], peer: String = "10.0.0.1") throws
        -> String?
    {
        try proxy(nil, forwarding).client(behind: peer, values.map { Array($0.utf8)[...] }, now: 0)
    }

    @Test(arguments: [
        (["1.2.3.4"], "1.2.3.4"), (["9.9.9.9, 1.2.3.4"], "1.2.3.4"), (["1.2.3.4", "10.1.1.1"], "1.2.3.4"),
        (["10.2.2.2,10.1.1.1"], "10.2.2.2"), (["x,1.2.3.4:80"], "1.2.3.4"), (["2001:DB9:0::1"], "2001:db9::1"),
        (["[2001:db9::1]:443"], "2001:db9::1"), (["::ffff:1.2.3.4"], "1.2.3.4"), ([], nil),
    ]) func theLastOneThatIsNoProxyIsTheClient(_ values: [String], _ expected: String?) throws {
        #expect(try client(.xForwardedFor, values) == expected)
        #expect(try client(.xForwardedFor, values, peer: "11.0.0.1") == nil)
        #expect(try client(.none, values) == nil)
    }

    @Test(arguments: [
        "", ",", "1.2.3.4,x", "1.2.3", "1.2.3.4:", "1.2.3.4:123456", "[1.2.3.4]", "[::1", "::1]:80", "1.2.3.4\u{0}",
    ])
    func whatIsNoAddressIsRefused(_ value: String) throws {
        #expect(throws: AuthenticationError.unbelievable(field: "X-Forwarded-For", .noAddress)) {
            try client(.xForwardedFor, [value])
        }
    }

    @Test func nothingThatAClientWritesBeforeChangesTheAnswer() throws {
        var random = SeededRandom(seed: 7)
        let letters = Array("0123456789.:,;=\"\\[] \tforFOR1a".utf8)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<24, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? 0x2c
            }
            let before = String(decoding: bytes, as: UTF8.self)
            #expect(try client(.xForwardedFor, [before + ",1.2.3.4"]) == "1.2.3.4")
            #expect(try client(.xForwardedFor, [before, "1.2.3.4, 10.3.3.3"]) == "1.2.3.4")
            // Quotes may swallow what follows; then nobody is believed.
            let forwarded = try? client(.forwarded, [before + ", for=1.2.3.4"])
            #expect(forwarded == nil || forwarded == "1.2.3.4", "\(before)")
        }
    }
}
