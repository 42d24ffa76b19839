// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Names
import Testing

@testable import Access

/// What a token is taken for, and what for no token at all.
struct TokenTests {
    private typealias Reason = AuthenticationError.Reason

    private func authenticator(_ table: IssuerTable) -> Authenticator { Authenticator(keys: nil, issuers: table) }

    /// Why a token is refused; nil where it is taken.
    private func refusal(_ token: String, _ table: IssuerTable, now: Int64 = 1_500) -> AuthenticationError? {
        do throws(AuthenticationError) {
            _ = try authenticator(table).name(bearer: token, now: now)
            return nil
        } catch {
            return error
        }
    }

    @Test func everyAlgorithmIsTakenWithItsKeyAndNoOther() throws {
        let signers = try TestSigner.all()
        for signer in signers {
            let table = try corp(signer)
            #expect(try authenticator(table).name(bearer: signer.token()) == "corp#alice", "\(signer)")
            for other in signers where other.algorithm != signer.algorithm {
                let isSameKey = other.members == signer.members
                let token = try other.token()
                if isSameKey {
                    // A key that names no algorithm has all of its kind.
                    #expect(refusal(token, table) == nil, "\(other) by \(signer)")
                } else {
                    #expect(refusal(token, table) != nil, "\(other) by \(signer)")
                }
                // The signature of one algorithm under the name of another.
                let renamed = try signer.token(header: "{\"alg\":\"\(other.algorithm)\"}", TestClaims().text)
                #expect(refusal(renamed, table) != nil, "\(signer) as \(other)")
            }
        }
    }

    @Test func aKeyThatNamesItsAlgorithmHasNoOther() throws {
        let signer = try TestSigner.rsa("RS256")
        let key = signer.key(more: "\"alg\":\"RS256\"")
        let table = try issuers(
            "- {name: corp, issuer: \"https://login.example\", audiences: gateway, keys: f}",
            files: ["f": keySet(key)]
        )
        #expect(refusal(try signer.token(), table) == nil)
        for other in ["RS384", "PS256"] {
            #expect(refusal(try TestSigner.rsa(other).token(), table) == .wrong(.tokenAlgorithm))
        }
    }

    @Test func anIssuerTakesTheAlgorithmsThatAreConfigured() throws {
        let table = try corp(try TestSigner.rsa("RS256"), more: ", algorithms: [PS256, ES256]")
        #expect(refusal(try TestSigner.rsa("PS256").token(), table) == nil)
        #expect(refusal(try TestSigner.rsa("RS256").token(), table) == .wrong(.tokenAlgorithm))
    }

    @Test(arguments: ["none", "None", "NONE", "", "HS256", "es256", "ES256K", "RS1", "A128KW"])
    func otherAlgorithmsAreNone(_ name: String) throws {
        let signer = TestSigner.es256()
        let table = try corp(signer)
        let right = try signer.token(header: "{\"alg\":\"\(name)\"}", TestClaims().text)
        #expect(refusal(right, table) == .wrong(.tokenAlgorithm))
        let parts = right.split(separator: ".")
        #expect(refusal("\(parts[0]).\(parts[1]).", table) != nil)
    }

    @Test func aPublicKeyIsNobodysSecret() throws {
        // The old trick: the bytes of the public key, which everybody has, as the secret of HS256.
        let signer = TestSigner.es256()
        let table = try corp(signer)
        for bytes in [Array(signer.key().utf8), Array(signer.members.utf8), Array(keySet(signer.key()))] {
            let forged = try TestSigner.secret("HS256", bytes).token()
            #expect(refusal(forged, table) == .wrong(.tokenAlgorithm))
        }
    }

    @Test func keysThatATokenBringsAreNotLookedAt() throws {
        let (own, strange) = (TestSigner.es256(), TestSigner.es256())
        let table = try corp(own)
        for field in [
            "\"jwk\":\(strange.key())", "\"jku\":\"https://evil.example/k\"", "\"x5u\":\"https://evil.example/c\"",
        ] {
            let header = "{\"alg\":\"ES256\",\(field)}"
            #expect(refusal(try strange.token(header: header, TestClaims().text), table) == .wrong(.tokenSignature))
            #expect(refusal(try own.token(header: header, TestClaims().text), table) == nil)
        }
    }

    @Test(arguments: [
        ("{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", AuthenticationError.Reason.tokenExtension),
        ("{\"alg\":\"ES256\",\"crit\":[]}", .tokenExtension),
        ("{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}", .tokenExtension),
        ("{\"alg\":\"ES256\",\"alg\":\"ES256\"}", .tokenForm),
        ("{\"alg\":\"ES256\",\"\\u0061lg\":\"ES256\"}", .tokenForm),
        ("{\"alg\":\"ES256\",\"kid\":1}", .tokenForm),
        ("{\"alg\":[\"ES256\"]}", .tokenAlgorithm), ("{\"alg\":null}", .tokenAlgorithm), ("{}", .tokenAlgorithm),
        ("[]", .tokenForm), ("\"ES256\"", .tokenForm), ("{\"alg\":\"ES256\"", .tokenForm),
        ("{\"alg\":\"ES256\"}{}", .tokenForm), ("{'alg':'ES256'}", .tokenForm),
        ("{\"alg\":\"ES256\",\"typ\":\"logout+jwt\"}", .tokenType), ("{\"alg\":\"ES256\",\"typ\":1}", .tokenType),
        ("{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}", .tokenType),
    ]) func headersThatAreRefused(_ header: String, _ reason: AuthenticationError.Reason) throws {
        let signer = TestSigner.es256()
        #expect(refusal(try signer.token(header: header, TestClaims().text), try corp(signer)) == .wrong(reason))
    }

    @Test(arguments: [
        "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"ES256\",\"typ\":\"application/at+JWT\"}", "{ \"kid\" : \"any\",\n\t\"alg\" : \"ES256\" }",
        "{\"alg\":\"ES256\",\"x5t\":\"abc\",\"cty\":\"JWT\"}",
    ]) func headersThatAreTaken(_ header: String) throws {
        let signer = TestSigner.es256()
        #expect(refusal(try signer.token(header: header, TestClaims().text), try corp(signer)) == nil)
    }

    @Test(
        arguments: [
            (["iss": "\"https://other.example\""], AuthenticationError.Reason.tokenIssuer),
            (["iss": nil], .tokenIssuer),
            (["iss": "[\"https://login.example\"]"], .tokenIssuer),
            (["iss": "\"https://login.example/\""], .tokenIssuer),
            (["aud": "\"other\""], .tokenAudience), (["aud": nil], .tokenAudience), (["aud": "[]"], .tokenAudience),
            (["aud": "[\"gateway\",1]"], .tokenAudience), (["aud": "\"gateway \""], .tokenAudience),
            (["exp": nil], .tokenWithoutEnd), (["exp": "\"2000\""], .tokenTime), (["exp": "null"], .tokenTime),
            (["exp": "-1"], .tokenTime), (["exp": "1e400"], .tokenForm), (["exp": "1470"], .tokenExpired),
            (["exp": "1469.9"], .tokenExpired), (["nbf": "1531"], .tokenEarly), (["nbf": "\"x\""], .tokenTime),
            (["iat": "1531"], .tokenEarly), (["iat": "true"], .tokenTime), (["sub": nil], .tokenName),
            (["sub": "\"\""], .tokenName), (["sub": "1"], .tokenName), (["sub": "\"a b\""], .tokenName),
            (["sub": "\"a\\nb\""], .tokenName), (["sub": "\"é\""], .tokenName),
        ] as [([String: String?], AuthenticationError.Reason)]
    )
    func claimsThatAreRefused(_ changes: [String: String?], _ reason: AuthenticationError.Reason) throws {
        let signer = TestSigner.es256()
        let token = try signer.token(TestClaims().with(changes).text)
        #expect(refusal(token, try corp(signer)) == .wrong(reason))
    }

    @Test(
        arguments: [
            ["aud": "[\"other\",\"gateway\"]"], ["nbf": nil, "iat": nil], ["exp": "1471"], ["nbf": "1530"],
            ["iat": "1530"],
            ["exp": "1e10"], ["exp": "1500.5"], ["sub": "\"auth0|1#2\""],
        ] as [[String: String?]]
    ) func claimsThatAreTaken(_ changes: [String: String?]) throws {
        let signer = TestSigner.es256()
        #expect(refusal(try signer.token(TestClaims().with(changes).text), try corp(signer)) == nil)
    }

    @Test func theLeewayIsConfigured() throws {
        let signer = TestSigner.es256()
        let table = try corp(signer, more: ", leeway: 0")
        let token = try signer.token()
        #expect(refusal(token, table, now: 999) == .wrong(.tokenEarly))
        #expect(refusal(token, table, now: 1_000) == nil)
        #expect(refusal(token, table, now: 1_999) == nil)
        #expect(refusal(token, table, now: 2_000) == .wrong(.tokenExpired))
    }

    @Test func aPayloadIsOneObjectOfJSONAndNoMemberIsTwice() throws {
        let signer = TestSigner.es256()
        let table = try corp(signer)
        let right = TestClaims().text
        for claims in [
            "", "x", "[\(right)]", right + "x", "{\"sub\":\"bob\"," + right.dropFirst(), "\"\(right.count)\"",
        ] {
            #expect(refusal(try signer.token(claims), table) == .wrong(.tokenForm), "\(claims)")
        }
    }

    @Test func rolesComeFromWhereTheyAreSaidToBe() throws {
        let signer = TestSigner.es256()
        let table = try corp(signer, more: ", principal: /email, roles: /realm~1access/roles")
        func roles(_ json: String) throws -> [String] {
            let claims = TestClaims().with(["email": "\"a@b.example\"", "realm/access": "{\"roles\":\(json)}"])
            let credentials = Credentials(
                authorization: .once(Array("Bearer \(try signer.token(claims.text))".utf8)[...])
            )
            let principal = try authenticator(table).principal(of: credentials, now: 1_500)
            #expect(principal.name == "corp#a@b.example")
            #expect(principal.source == .token(issuer: "corp"))
            return principal.roles.map(\.text)
        }
        #expect(try roles("[\"ops\",\"Domain Admins\"]") == ["ops", "Domain Admins"])
        #expect(try roles("\"read write\"") == ["read", "write"])
        #expect(try roles("[]") == [])
        for json in ["1", "[1]", "[\"\"]", "null", "{}", "[\"a\\nb\"]", "[\"\(String(repeating: "a", count: 257))\"]"] {
            #expect(throws: AuthenticationError.wrong(.tokenRoles), "\(json)") { try roles(json) }
        }
        // Who has none of them has no roles.
        #expect(refusal(try signer.token(TestClaims().with(["email": "\"x\""]).text), table) == nil)
    }

    @Test func everyTruncationAndEveryFlippedBitIsRefused() throws {
        for signer in [TestSigner.es256(), TestSigner.edDSA, TestSigner.secret("HS256"), try TestSigner.rsa("PS256")] {
            let table = try corp(signer)
            let token = Array(try signer.token().utf8)
            for length in 0..<token.count {
                #expect(refusal(String(decoding: token[..<length], as: UTF8.self), table) != nil, "\(length) bytes")
            }
            for place in token.indices {
                for bit in 0..<8 {
                    var flipped = token
                    flipped[place] ^= 1 << bit
                    let field = Credentials.Field.once((Array("Bearer ".utf8) + flipped)[...])
                    let result = try? authenticator(table).principal(of: Credentials(authorization: field), now: 1_500)
                    #expect(result == nil, "\(signer): bit \(bit) of byte \(place)")
                }
            }
            // The token itself is still taken: nothing of it was remembered as wrong.
            #expect(refusal(String(decoding: token, as: UTF8.self), table) == nil)
        }
    }

    @Test func piecesOfTokensAreNoToken() throws {
        let signer = TestSigner.es256()
        let table = try corp(signer)
        let right = try signer.token()
        let parts = right.split(separator: ".").map(String.init)
        let others = [
            "\(parts[0]).\(parts[1])", "\(right).", ".\(right)", "\(right).\(parts[2])", "..",
            "\(parts[0])..\(parts[2])",
            ".\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1]).", "\(right)=", "\(right) ",
            "\(parts[0]).\(parts[1])=.\(parts[2])",
            "{\"payload\":\"\(parts[1])\",\"protected\":\"\(parts[0])\",\"signature\":\"\(parts[2])\"}",
            "\(right)\n", "\(parts[0])?.\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1]). \(parts[2])",
        ]
        for other in others { #expect(refusal(other, table) != nil, "\(other)") }
        // Parts of two right tokens.
        let second = try signer.token(TestClaims().with(["sub": "\"root\""]).text).split(separator: ".")
        #expect(refusal("\(parts[0]).\(second[1]).\(parts[2])", table) == .wrong(.tokenSignature))
    }

    @Test func signaturesOfCurvesAreTwoNumbersInTheirRange() throws {
        let signer = TestSigner.es256()
        let table = try corp(signer)
        let order: [UInt8] =
            [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0] + Array(repeating: 0xff, count: 8) + [
                0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
            ]
        let zero = [UInt8](repeating: 0, count: 32)
        let one = zero.dropLast() + [1]
        let below = order.dropLast() + [0x50]
        let signed = try signer.token().split(separator: ".").prefix(2).joined(separator: ".")
        for r in [zero, Array(one), Array(below), order] {
            for s in [zero, Array(one), Array(below), order] {
                #expect(refusal("\(signed).\(base64URL(r + s))", table) == .wrong(.tokenSignature))
            }
        }
        let right = try #require(Base64URL.decode(Array(try signer.token().split(separator: ".")[2].utf8)[...]))
        for wrong in [right + [0], [0] + right, Array(right.dropLast()), right.prefix(32) + zero, right + right] {
            #expect(refusal("\(signed).\(base64URL(wrong))", table) == .wrong(.tokenSignature))
        }
        let key = P256.Signing.PrivateKey()
        let own = TestSigner.es256(key)
        let text = try own.token().split(separator: ".").prefix(2).joined(separator: ".")
        let der = try key.signature(for: SHA256.hash(data: Array(text.utf8))).derRepresentation
        #expect(refusal("\(text).\(base64URL(der))", try corp(own)) == .wrong(.tokenSignature))
    }
}
