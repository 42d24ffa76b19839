// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Access

/// Tokens of RSA with every kind of padding that is nearly right: see Tests/Vectors/make_token_signatures.py.
struct TokenSignatureTests {
    private struct File: Decodable {
        struct Key: Decodable { let n, e: String }
        struct Token: Decodable {
            let algorithm, what, token: String
            let valid: Bool
        }
        let key: Key
        let tokens: [Token]
    }

    @Test func onlySignaturesThatAreRightAreTaken() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Vectors/token_signatures.json"))
        let file = try JSONDecoder().decode(File.self, from: data)
        let kinds = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
        let keys = kinds.map {
            "{\"kty\":\"RSA\",\"kid\":\"\($0)\",\"alg\":\"\($0)\",\"n\":\"\(file.key.n)\",\"e\":\"\(file.key.e)\"}"
        }
        let set = try KeySet(json: Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8), .publicKeys)
        var taken = 0
        for token in file.tokens {
            let isTaken: Bool
            do throws(AuthenticationError) {
                try SignedToken(Array(token.token.utf8)[...]).check(set)
                isTaken = true
            } catch {
                #expect(error == .wrong(.tokenSignature))
                isTaken = false
            }
            #expect(isTaken == token.valid, "\(token.algorithm): \(token.what)")
            taken += isTaken ? 1 : 0
        }
        #expect(taken == 9)
        #expect(file.tokens.count > 150)
    }
}
