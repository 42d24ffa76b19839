// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import SeededRandom
import Testing

@testable import Access

/// The file of issuers, several of them, what is remembered, and tokens beside keys.
struct IssuerTableTests {
    private static let good = "name: corp, issuer: \"https://login.example\", audiences: gateway"

    private func problems(_ lines: String..., files: [String: [UInt8]] = [:]) -> [String] {
        let all = files.merging(["f": keySet(TestSigner.es256().key())]) { own, _ in own }
        do throws(AccessFileError) {
            _ = try IssuerTable(file: Array(lines.joined(separator: "\n").utf8)) { path throws(IssuerFileRefusal) in
                guard let bytes = all[path] else { throw IssuerFileRefusal(reason: "does not exist") }
                return bytes
            }
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func everythingThatIsWrongIsTold() {
        #expect(problems("- {\(Self.good), keys: f}") == [])
        #expect(problems("") == [])
        let source =
            "line 1: an issuer has one of keys, a file of a JWK set, jwks, the address of one, or secret, a file of a secret"
        #expect(problems("- {\(Self.good)}") == [source])
        #expect(problems("- {\(Self.good), keys: f, secret: f}") == [source])
        #expect(problems("- {\(Self.good), keys: g}") == ["line 1: keys: the file g does not exist"])
        #expect(
            problems("- {name: cert, issuer: x, audiences: a, keys: f}")
                == ["line 1: name: is that of client certificates; choose another"]
        )
        #expect(
            problems("- {name: corp, issuer: x, keys: f}")
                == ["line 1: audiences: is missing; a token for somebody else would be taken"]
        )
        #expect(
            problems("- {\(Self.good), keys: f}", "- {\(Self.good), keys: f}") == [
                "line 2: name: is the one of line 1; each name stands once",
                "line 2: issuer: is the one of line 1; each issuer stands once",
            ]
        )
        for (more, field) in [
            ("leeway: 301", "leeway"), ("leeway: -1", "leeway"), ("leeway: 30s", "leeway"),
            ("principal: sub", "principal"),
            ("roles: x", "roles"), ("algorithms: [HS256]", "algorithms"), ("algorithms: [none]", "algorithms"),
            ("algorithms: []", "algorithms"),
        ] {
            let found = problems("- {\(Self.good), keys: f, \(more)}")
            #expect(found.count == 1 && found[0].hasPrefix("line 1: \(field):"), "\(more): \(found)")
        }
        #expect(problems("- {\(Self.good), keys: f, jwk: x}").first?.contains("unknown field") == true)
    }

    @Test func secretsAreForTheirIssuerAlone() throws {
        let text = Array(repeating: UInt8(ascii: "s"), count: 32)
        #expect(problems("- {\(Self.good), secret: s}", files: ["s": text]) == [])
        #expect(problems("- {\(Self.good), secret: s}", files: ["s": Array(text.dropLast())]).count == 1)
        #expect(problems("- {\(Self.good), secret: s, algorithms: HS512}", files: ["s": text]).count == 1)
        #expect(problems("- {\(Self.good), secret: s, algorithms: ES256}", files: ["s": text]).count == 1)
        #expect(
            problems("- {\(Self.good), secret: f}") == ["line 1: secret: the file f has a public key among secrets"]
        )
        // The end of the line is none of the secret, and the secret proves nothing of another issuer.
        let table = try issuers(
            "- {\(Self.good), secret: s}",
            "- {name: other, issuer: other, audiences: gateway, keys: f}",
            files: ["s": text + [0x0a], "f": keySet(TestSigner.es256().key())]
        )
        let (signer, access) = (TestSigner.secret("HS256", text), Authenticator(keys: nil, issuers: table))
        #expect(try access.name(bearer: signer.token()) == "corp#alice")
        #expect(throws: AuthenticationError.wrong(.tokenAlgorithm)) {
            try access.name(bearer: signer.token(TestClaims().with(["iss": "\"other\""]).text))
        }
    }

    @Test func twoIssuersHaveNoPrincipalInCommon() throws {
        let (one, other) = (TestSigner.es256(), TestSigner.es256())
        let table = try issuers(
            "- {name: one, issuer: one, audiences: gateway, keys: a}",
            "- {name: other, issuer: other, audiences: gateway, keys: b}",
            files: ["a": keySet(one.key()), "b": keySet(other.key())]
        )
        let access = Authenticator(keys: nil, issuers: table)
        #expect(try access.name(bearer: one.token(TestClaims().with(["iss": "\"one\""]).text)) == "one#alice")
        #expect(try access.name(bearer: other.token(TestClaims().with(["iss": "\"other\""]).text)) == "other#alice")
        #expect(throws: AuthenticationError.wrong(.tokenSignature)) {
            try access.name(bearer: one.token(TestClaims().with(["iss": "\"other\""]).text))
        }
        // No key can have the name of a token's principal.
        var random = SeededRandom(seed: 1)
        #expect(NewKey(name: "one#alice", roles: [], expires: nil, using: &random) == nil)
    }

    @Test func aTokenIsRememberedToItsEndAndNoLonger() throws {
        let signer = TestSigner.es256()
        let table = try corp(signer)
        let (access, token) = (Authenticator(keys: nil, issuers: table), try signer.token())
        let credentials = Credentials(authorization: .once(Array("Bearer \(token)".utf8)[...]))
        func isKnown(_ now: Int64) throws -> Bool {
            if case .principal = try access.look(credentials, now: now) { true } else { false }
        }
        #expect(try !isKnown(1_500))
        #expect(try access.name(bearer: token) == "corp#alice")
        #expect(table.remembered == 1)
        #expect(try isKnown(1_500))
        #expect(try isKnown(2_029))
        #expect(try !isKnown(2_030))
        #expect(throws: AuthenticationError.wrong(.tokenExpired)) { try access.name(bearer: token, now: 2_030) }
    }

    @Test func whatIsWrongIsNotRememberedAndTheNumberIsBounded() throws {
        let signer = TestSigner.es256()
        let table = IssuerTable(try corp(signer).issuers, remembering: 8)
        let access = Authenticator(keys: nil, issuers: table)
        #expect(throws: AuthenticationError.self) { try access.name(bearer: signer.token() + "AAAA") }
        #expect(table.remembered == 0)
        let kept = try signer.token()
        #expect(try access.name(bearer: kept) == "corp#alice")
        for number in 0..<40 {
            let token = try signer.token(TestClaims().with(["jti": "\(number)"]).text)
            #expect(try access.name(bearer: token) == "corp#alice")
            // What is used stays.
            #expect(table.recall(KeyDigest(of: Array(kept.utf8)[...]), now: 1_500) != nil)
            #expect(table.remembered <= 8)
        }
    }

    /// Every pair of fields: each has to be right by itself, and both of one principal.
    @Test(arguments: [false, true]) func tokensBesideKeys(_ anonymous: Bool) throws {
        let (signer, key) = (TestSigner.es256(), try newKey("ci"))
        let access = Authenticator(
            keys: try KeyTable(file: file(key.line)),
            issuers: try corp(signer),
            takesAnonymous: anonymous
        )
        let token = try signer.token()
        func outcome(_ bearer: String?, _ apiKey: String?) -> Result<String, AuthenticationError> {
            func field(_ text: String?, _ prefix: String) -> Credentials.Field {
                text.map { .once(Array((prefix + $0).utf8)[...]) } ?? .absent
            }
            let credentials = Credentials(authorization: field(bearer, "Bearer "), apiKey: field(apiKey, ""))
            return Result { () throws(AuthenticationError) in
                try access.principal(of: credentials, now: 1_500).name.text
            }
        }
        // Twice: the second time the token is remembered.
        for _ in 0..<2 {
            #expect(outcome(token, nil) == .success("corp#alice"))
            #expect(outcome(key.key.text, nil) == .success("ci"))
            #expect(outcome(token, key.key.text) == .failure(.ambiguous(.principals)))
            #expect(outcome(token + "=", key.key.text) == .failure(.wrong(.tokenForm)))
            #expect(outcome(token, "rgw_wrong") == .failure(.wrong(.unknown)))
            #expect(outcome(nil, token) == .failure(.wrong(.unknown)), "a token is no key")
            #expect(outcome("", nil) == .failure(.wrong(.unknown)))
            #expect(outcome(nil, nil) == (anonymous ? .success("anonymous") : .failure(.missing)))
            #expect(outcome(String(repeating: "a.", count: 5_000), nil) == .failure(.wrong(.tooLong)))
        }
        #expect(throws: AuthenticationError.wrong(.unknown)) {
            try Authenticator(keys: nil, takesAnonymous: anonymous).name(bearer: token)
        }
    }

    @Test(arguments: [
        ("exchange=eyJhbGciOiJFUzI1NiJ9.e30.AAAA", true), ("a=1&b=eyJ.b.c", true), ("exchange=eyJ.b", false),
        ("exchange=a.b.c", false), ("eyJ.b.c", false),
    ]) func aTokenInTheQueryIsSeen(_ query: String, _ isThere: Bool) {
        #expect(MisplacedCredential.isIn(query: Array(query.utf8)) == isThere)
    }
}
