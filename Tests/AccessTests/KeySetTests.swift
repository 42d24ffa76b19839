// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

@testable import Access

/// Which keys are keys.
struct KeySetTests {
    private func reason(_ json: [UInt8], _ kind: KeySet.Kind = .publicKeys) -> String? {
        do throws(KeySet.Refusal) {
            _ = try KeySet(json: json, kind)
            return nil
        } catch {
            return error.reason
        }
    }

    private static let point = TestSigner.es256().members
    private static func rsa(n: String? = nil, e: String = "AQAB", more: String = "") throws -> String {
        let members = try TestSigner.rsa("RS256").members
        let own = members.split(separator: "\"")[7]
        return "{\"kty\":\"RSA\",\"n\":\"\(n ?? String(own))\",\"e\":\"\(e)\"\(more)}"
    }

    @Test func setsThatAreRefusedWhole() throws {
        let (one, secret) = ("{\(Self.point)}", TestSigner.secret("HS256").key())
        #expect(reason(keySet(one)) == nil)
        #expect(reason(keySet(secret), .secrets) == nil)
        #expect(reason(keySet(secret)) == "has a secret among public keys")
        #expect(reason(keySet(one, secret)) == "has a secret among public keys")
        #expect(reason(keySet(one), .secrets) == "has a public key among secrets")
        #expect(
            reason(keySet("{\(Self.point),\"kid\":\"a\"}", "{\(Self.point),\"kid\":\"a\"}"))
                == "has two keys of one kid"
        )
        #expect(reason(keySet("{\(Self.point),\"d\":\"AA\"}"))?.hasPrefix("has a private key") == true)
        #expect(reason(keySet("{\(Self.point),\"kid\":\"a\",\"kid\":\"b\"}")) != nil)
        for text in ["", "{}", "[]", "{\"keys\":{}}", "{\"keys\":[]}", "{\"keys\":[1]}", one] {
            #expect(reason(Array(text.utf8)) != nil, "\(text)")
        }
        #expect(reason(keySet(Array(repeating: one, count: 65).joined(separator: ","))) == "has more than 64 keys")
    }

    /// Each alone in a set, which then has nothing that proves signatures.
    @Test func keysThatAreLeftOut() throws {
        let ones = String(repeating: "_", count: 342)
        let keys = [
            "{\(Self.point),\"use\":\"enc\"}", "{\(Self.point),\"use\":1}", "{\(Self.point),\"key_ops\":[\"sign\"]}",
            "{\(Self.point),\"key_ops\":\"verify\"}", "{\(Self.point),\"alg\":\"ES384\"}",
            "{\(Self.point),\"alg\":\"ES512\"}",
            "{\(Self.point),\"alg\":\"ES521\"}", "{\(Self.point),\"alg\":\"ES224\"}", "{\(Self.point),\"kid\":7}",
            Self.point.replacing("P-256", with: "P-384").braced,
            Self.point.replacing("P-256", with: "secp256k1").braced,
            Self.point.replacing("EC", with: "RSA").braced, Self.point.replacing("\"kty\":\"EC\",", with: "").braced,
            Self.point.replacing("\"x\":\"", with: "\"x\":\"A").braced,
            Self.point.replacing("\"x\":", with: "\"z\":").braced,
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(base64URL(Array(repeating: 1, count: 32)))\",\"y\":\"\(base64URL(Array(repeating: 1, count: 32)))\"}",
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}",
            "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"AA\"}", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}",
            "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"\(base64URL(Array(repeating: 1, count: 32)))\"}",
            try Self.rsa(e: "AQ"), try Self.rsa(e: "AA"), try Self.rsa(e: ""), try Self.rsa(e: "BA"),
            try Self.rsa(e: "AQAB="),
            try Self.rsa(n: String(ones.prefix(171))), try Self.rsa(n: ""), try Self.rsa(n: "AA"),
            try Self.rsa(n: String(repeating: ones, count: 5)), try Self.rsa(more: ",\"alg\":\"RSA-OAEP\""),
            try Self.rsa(more: ",\"alg\":\"ES256\""), try Self.rsa(more: ",\"use\":\"enc\""),
            try Self.rsa(more: ",\"alg\":\"HS256\""),
            "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\"}",
        ]
        for key in keys {
            #expect(reason(keySet(key))?.hasPrefix("has no key that proves signatures") == true, "\(key)")
        }
        // Beside a good one they are no harm.
        let good = "{\(Self.point),\"kid\":\"good\"}"
        for key in keys {
            #expect(try KeySet(json: keySet(key, good), .publicKeys).keys.map(\.id) == ["good"], "\(key)")
        }
    }

    @Test func theKeysOfAFaultyGeneratorAreKnown() {
        // A power of 65537 to each of the primes, as that generator's are; and its neighbours, which are not.
        var modulus: [UInt8] = [1]
        for _ in 0..<128 { modulus = Self.times65537(modulus) }
        #expect(RSAModulus.bitCount(modulus) == 2_049)
        #expect(RSAModulus.isFaulty(modulus))
        modulus[modulus.count - 1] ^= 2
        #expect(!RSAModulus.isFaulty(modulus))
    }

    private static func times65537(_ number: [UInt8]) -> [UInt8] {
        var carry = 0
        let (low, high) = ([0, 0] + number, number + [0, 0])
        let sum = zip(low.reversed(), high.reversed()).map { pair -> UInt8 in
            carry += Int(pair.0) + Int(pair.1)
            defer { carry >>= 8 }
            return UInt8(carry & 255)
        }
        return Array(((carry > 0 ? [1] : []) + sum.reversed()).drop { $0 == 0 })
    }

    @Test func secretsAreAsLongAsTheirHash() {
        for (algorithm, length) in [("HS256", 32), ("HS384", 48), ("HS512", 64)] {
            for (count, isTaken) in [(0, false), (length - 1, false), (length, true), (length + 1, true)] {
                let secret = base64URL(Array(repeating: 1, count: count))
                let key = "{\"kty\":\"oct\",\"alg\":\"\(algorithm)\",\"k\":\"\(secret)\"}"
                #expect((reason(keySet(key), .secrets) == nil) == isTaken, "\(algorithm) of \(count)")
            }
        }
    }

    @Test func aTokenIsProvedByTheOneKeyThatCanBeMeant() throws {
        let signers = [TestSigner.es256(), TestSigner.es256(), TestSigner.edDSA]
        func look(_ set: KeySet, _ id: Name?, _ algorithm: SignatureAlgorithm) -> String {
            switch set.look(id, algorithm) {
            case .found(let key): key.id?.text ?? "nameless"
            case .unknown: "unknown"
            case .otherAlgorithm: "other algorithm"
            case .ambiguous: "ambiguous"
            }
        }
        let named = try KeySet(json: keySet(signers[0].key("a"), signers[1].key("b"), signers[2].key("c")), .publicKeys)
        #expect(look(named, "a", .es256) == "a")
        #expect(look(named, "b", .es256) == "b")
        #expect(look(named, "a", .edDSA) == "other algorithm")
        #expect(look(named, "d", .es256) == "unknown")
        #expect(look(named, nil, .es256) == "ambiguous")
        #expect(look(named, nil, .edDSA) == "c")
        #expect(look(named, nil, .rs256) == "other algorithm")
        let mixed = try KeySet(json: keySet(signers[0].key("a"), signers[1].key()), .publicKeys)
        #expect(look(mixed, "a", .es256) == "a")
        #expect(look(mixed, "d", .es256) == "nameless")
        #expect(look(mixed, nil, .es256) == "ambiguous")
    }
}

extension String {
    fileprivate var braced: String { "{\(self)}" }
}
