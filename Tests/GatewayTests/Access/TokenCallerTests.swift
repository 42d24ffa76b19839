// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Foundation
import HTTPServer
import Messaging
import Testing
import Threads

@testable import Gateway

/// Tokens on their way through the gateway: the first time they are proved beside the loop, then they are remembered.
struct TokenCallerTests {
    /// An issuer with one key, and what lets its tokens in.
    private struct Corp {
        let key = P256.Signing.PrivateKey()
        let access: AccessControl

        init(_ keys: TestKeys? = nil, anonymous: Bool? = nil) throws {
            let point = key.publicKey.rawRepresentation
            let (x, y) = (Self.base64URL(point.prefix(32)), Self.base64URL(point.suffix(32)))
            let set = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"1\",\"x\":\"\(x)\",\"y\":\"\(y)\"}]}"
            let line = "- {name: corp, issuer: corp, audiences: gateway, keys: f}"
            let issuers = try IssuerTable(file: Array(line.utf8)) { _ in Array(set.utf8) }
            let table = try keys.map { try KeyTable(file: $0.file) }
            let authenticator = Authenticator(keys: table, issuers: issuers, takesAnonymous: anonymous)
            access = AccessControl(authenticator: authenticator) { 1_000 }
        }

        func token(_ name: String = "alice", audience: String = "gateway", end: Int = 2_000, id: Int = 0) throws
            -> String
        {
            let claims =
                "{\"iss\":\"corp\",\"aud\":\"\(audience)\",\"exp\":\(end),\"sub\":\"\(name)\",\"jti\":\"\(id)\"}"
            let signed =
                "\(Self.base64URL(Data("{\"alg\":\"ES256\",\"kid\":\"1\"}".utf8))).\(Self.base64URL(Data(claims.utf8)))"
            let signature = try key.signature(for: SHA256.hash(data: Data(signed.utf8)))
            return "\(signed).\(Self.base64URL(signature.rawRepresentation))"
        }

        private static func base64URL(_ data: Data) -> String {
            data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
    }

    /// Waits for an answer, which a thread of the gateway may give.
    private func answered(_ pending: PendingAnswer) async throws -> PendingAnswer {
        let deadline = Moment.now + .seconds(20)
        while !pending.isThere, .now < deadline { await Task.yield() }
        #expect(pending.isThere)
        return pending
    }

    @Test func aTokenLetsACallInTheFirstTimeAndTheNext() async throws {
        let (corp, driver) = (try Corp(), FakeDriver())
        let gateway = TestGateway(driver, access: corp.access)
        let token = try corp.token()
        for _ in 0..<3 {
            let answer = try await answered(gateway.post("/t/s/m", "{}", [TestKeys.bearer(token)]))
            #expect(try answer.status() == 200)
        }
        // Remembered, it needs no thread.
        #expect(gateway.post("/t/s/m", "{}", [TestKeys.bearer(token)]).isThere)
        #expect(driver.seen.withLock { $0.calls.count } == 4)
    }

    @Test(arguments: [false, true]) func aWrongOneIsNeverAnonymous(_ anonymous: Bool) async throws {
        let (corp, driver) = (try Corp(anonymous: anonymous), FakeDriver())
        let gateway = TestGateway(driver, access: corp.access)
        for token in [
            try corp.token() + "AAAA", try corp.token(audience: "other"), try corp.token(end: 900), "a.b.c", "..",
        ] {
            let answer = try await answered(gateway.post("/t/s/m", "{}", [TestKeys.bearer(token)]))
            #expect(try answer.status() == 401)
            #expect(try answer.field("WWW-Authenticate") == "Bearer realm=\"rpc-gateway\", error=\"invalid_token\"")
            #expect(!(try answer.body().contains("openstack")))
        }
        #expect(driver.seen.withLock { $0.calls.isEmpty })
        #expect(try gateway.post("/t/s/m").status() == (anonymous ? 200 : 401))
    }

    @Test func aTokenAndAKeyAreTwoPrincipals() async throws {
        let keys = try TestKeys()
        let corp = try Corp(keys)
        let gateway = TestGateway(FakeDriver(), access: corp.access)
        for _ in 0..<2 {
            let fields = [TestKeys.bearer(try corp.token("ci")), ("X-Api-Key", keys.ci)]
            #expect(try await answered(gateway.post("/t/s/m", "{}", fields)).status() == 400)
        }
        let both = [TestKeys.bearer(try corp.token() + "AAAA"), ("X-Api-Key", keys.ci)]
        #expect(try await answered(gateway.post("/t/s/m", "{}", both)).status() == 401)
        #expect(try gateway.post("/t/s/m", "{}", [("X-Api-Key", keys.ci)]).status() == 200)
    }

    @Test func anOperationIsSeenByItsPrincipalWithAnyOfItsTokens() async throws {
        let keys = try TestKeys()
        let corp = try Corp(keys)
        let gateway = TestGateway(FakeDriver(), access: corp.access)
        func bearer(_ name: String, _ id: Int) throws -> (String, String) {
            TestKeys.bearer(try corp.token(name, id: id))
        }
        let begun = try await answered(
            gateway.post("/t/s/m", "{}", [("Prefer", "respond-async"), try bearer("ci", 1)])
        )
        #expect(try begun.status() == 202)
        let path = try #require(try begun.field("Location"))
        #expect(try await answered(gateway.send("GET", path, [try bearer("ops", 2)])).status() == 404)
        #expect(try gateway.send("GET", path, [("X-Api-Key", keys.ci)]).status() == 404)
        #expect(try await answered(gateway.send("GET", path, [try bearer("ci", 3)])).status() == 200)
    }

    @Test func whatWaitsForLeaveIsDecidedAtOnce() throws {
        let corp = try Corp()
        let gateway = TestGateway(FakeDriver(), access: corp.access)
        func refusal(_ token: String) -> Int? {
            let fields = [("Content-Type", "application/json"), ("Content-Length", "100000"), TestKeys.bearer(token)]
            let head = RequestHead(
                method: "POST",
                path: Array("/t/s/m".utf8),
                fields: RequestFields(fields.map { ($0.0, $0.1) })
            )
            return gateway.gateway.refusal(for: head)?.status
        }
        #expect(refusal(try corp.token()) == nil)
        #expect(refusal(try corp.token() + "AAAA") == 401)
    }
}
