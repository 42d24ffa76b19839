// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

@testable import Access

/// Whether what proved a principal still holds, without its credential.
struct PrincipalProofTests {
    private func bearer(_ text: String) -> Credentials {
        Credentials(authorization: .once(Array("Bearer \(text)".utf8)[...]))
    }

    private func keys(_ lines: String..., anonymous: Bool? = nil) throws -> Authenticator {
        let bytes = Array(lines.joined(separator: "\n").utf8)
        return Authenticator(keys: try KeyTable(file: bytes), takesAnonymous: anonymous)
    }

    @Test func aKeyHoldsWhileItsLineStands() throws {
        let (key, other) = (try newKey("ci", roles: ["a"], seed: 1), try newKey("ci", seed: 2))
        let principal = try keys(key.line).principal(of: bearer(key.key.text), now: 0)
        let renamed = key.line.replacing("ci", with: "cj")
        #expect(try keys(key.line).current(principal, now: 0)?.roles == ["a"])
        #expect(try keys(key.line.replacing(#"["a"]"#, with: #"["b"]"#)).current(principal, now: 0)?.roles == ["b"])
        #expect(try keys(other.line).current(principal, now: 0) == nil)
        #expect(try keys(renamed).current(principal, now: 0) == nil)
        #expect(Authenticator(keys: nil).current(principal, now: 0) == nil)
        // A look is no use of the key.
        let table = try KeyTable(file: Array(key.line.utf8))
        #expect(Authenticator(keys: table).current(principal, now: 5) != nil)
        #expect(table.uses.isEmpty)
    }

    @Test func aKeyHoldsUntilItExpires() throws {
        let key = try newKey("ci", expires: "1970-01-01T00:01:00Z")
        let table = try keys(key.line)
        let principal = try table.principal(of: bearer(key.key.text), now: 0)
        #expect(table.current(principal, now: 59) === principal)
        #expect(table.current(principal, now: 60) == nil)
    }

    @Test func anonymousHoldsWhileAnybodyIsLetIn() throws {
        let key = try newKey("ci")
        #expect(try keys(key.line, anonymous: true).current(.anonymous, now: 0) === Principal.anonymous)
        #expect(try keys(key.line).current(.anonymous, now: 0) == nil)
    }

    private static let corp =
        "- {name: corp, issuer: \"https://login.example\", audiences: gateway, leeway: 0, keys: f}"

    @Test func aTokenHoldsUntilItsEndAndWhileItsKeyIsThere() throws {
        let (signer, other) = (TestSigner.es256(), TestSigner.es256())
        func table(_ line: String, _ set: [UInt8]) throws -> Authenticator {
            Authenticator(keys: nil, issuers: try issuers(line, files: ["f": set]))
        }
        let first = try table(Self.corp, keySet(signer.key("1")))
        let principal = try first.principal(of: bearer(signer.token(kid: "1")), now: 1_500)
        func holds(_ line: String = Self.corp, _ keys: String..., at second: Int64 = 1_500) throws -> Bool {
            let set = Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8)
            return try table(line, set).current(principal, now: second) === principal
        }
        #expect(first.current(principal, now: 1_999) === principal)
        #expect(first.current(principal, now: 2_000) == nil)
        // A rotation that keeps the key is none for its tokens.
        #expect(try holds(Self.corp, other.key("2"), signer.key("1")))
        #expect(try !holds(Self.corp, other.key("2"), signer.key("1"), at: 2_000))
        #expect(try !holds(Self.corp, other.key("2")))
        #expect(try !holds(Self.corp, other.key("1")))
        #expect(try !holds(Self.corp.replacing("audiences: gateway", with: "audiences: else"), signer.key("1")))
        #expect(try !holds(Self.corp.replacing("login.example", with: "login2.example"), signer.key("1")))
        #expect(Authenticator(keys: nil).current(principal, now: 1_500) == nil)
    }

    @Test(arguments: try TestSigner.all().filter { !$0.algorithm.hasPrefix("HS") })
    func everyKindOfKeyIsKnownAgain(_ signer: TestSigner) throws {
        let line = Self.corp
        func table() throws -> Authenticator {
            Authenticator(keys: nil, issuers: try issuers(line, files: ["f": keySet(signer.key())]))
        }
        let principal = try table().principal(of: bearer(signer.token()), now: 1_500)
        #expect(try table().current(principal, now: 1_500) === principal)
    }

    @Test func aProxysWordHoldsWhileItIsBelieved() throws {
        func proxy(_ peers: String, _ identity: TrustedProxy.Identity?) throws -> Authenticator {
            let list = try #require(NetworkList([peers]))
            return Authenticator(keys: nil, proxy: TrustedProxy(peers: list, identity: identity), takesAnonymous: true)
        }
        let identity = TrustedProxy.Identity.fields(name: "X-Remote-User", roles: nil)
        var credentials = Credentials()
        credentials.peer = "10.0.0.2"
        credentials.ofProxy = [("X-Remote-User", .once(Array("alice".utf8)[...]))]
        let principal = try proxy("10.0.0.0/8", identity).principal(of: credentials, now: 0)
        #expect(try proxy("10.0.0.2", identity).current(principal, now: 0) === principal)
        #expect(try proxy("10.0.0.3", identity).current(principal, now: 0) == nil)
        #expect(try proxy("10.0.0.2", nil).current(principal, now: 0) == nil)
    }

    @Test func aCertificateHoldsUntilItsEnd() throws {
        let certificate = ProvedCertificate(names: [.dns(Array("a".utf8)), .commonName(Array("A".utf8))], end: 100)
        let authenticator = Authenticator(keys: nil, certificates: .auto)
        let principal = try authenticator.principal(of: Credentials(certificate: certificate), now: 0)
        #expect(authenticator.current(principal, now: 99) === principal)
        #expect(authenticator.current(principal, now: 100) == nil)
        #expect(Authenticator(keys: nil, certificates: .dns).current(principal, now: 0) === principal)
        #expect(Authenticator(keys: nil, certificates: .commonName).current(principal, now: 0) == nil)
        #expect(Authenticator(keys: nil, certificates: .none).current(principal, now: 0) == nil)
    }

    /// What is noted of a principal is made with the settings of its time.
    @Test func aCertificateHasOnePrincipalWithEachAuthenticator() throws {
        let credentials = Credentials(certificate: ProvedCertificate(names: [.dns(Array("a".utf8))], end: 100))
        let (before, after) = (
            Authenticator(keys: nil, certificates: .dns), Authenticator(keys: nil, certificates: .dns)
        )
        let principal = try before.principal(of: credentials, now: 0)
        #expect(try before.principal(of: credentials, now: 99) === principal)
        let next = try after.principal(of: credentials, now: 0)
        #expect(next !== principal)
        #expect(next.name == principal.name)
        #expect(throws: AuthenticationError.wrong(.certificateExpired)) {
            try before.principal(of: credentials, now: 100)
        }
    }
}
