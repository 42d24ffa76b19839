// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import HTTPServer
import Messaging
import Testing
import Threads

@testable import Gateway

struct CallerTests {
    private func bearer(_ key: String) -> (String, String) { TestKeys.bearer(key) }
    private func calls(_ driver: FakeDriver) -> Int { driver.seen.withLock { $0.calls.count } }

    @Test func aKeyLetsACallIn() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = TestGateway(driver, access: try keys.access())
        // The second time the path has a plan.
        for _ in 0..<2 {
            #expect(try gateway.post("/t/s/m", "{}", [bearer(keys.ci)]).status() == 200)
            #expect(try gateway.post("/t/s/m", "{}", [("X-Api-Key", keys.ops)]).status() == 200)
        }
        #expect(calls(driver) == 4)
    }

    @Test func withoutOneNothingIsDone() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = TestGateway(driver, access: try keys.access())
        #expect(try gateway.post("/t/s/m", "{}", [bearer(keys.ci)]).status() == 200)
        for fields in [[], [bearer(keys.ci + "a")], [bearer("rgw_wrong")], [("Authorization", "Basic Y2k6")]] {
            let answer = gateway.post("/t/s/m", "{}", fields)
            #expect(try answer.status() == 401)
            #expect(try answer.code() == "unauthenticated")
            let challenge = try #require(try answer.field("WWW-Authenticate"))
            #expect(challenge.hasPrefix("Bearer realm=\"rpc-gateway\""))
            #expect(challenge.contains("invalid_token") == !fields.isEmpty)
            // Neither the key nor anything of the configuration is told.
            #expect(!(try answer.body().contains("rgw_")))
            #expect(!(try answer.body().contains("openstack")))
        }
        #expect(calls(driver) == 1)
    }

    @Test func nobodyIsAskedWithoutASource() throws {
        let gateway = TestGateway(FakeDriver())
        #expect(try gateway.post("/t/s/m", "{}", [bearer("rgw_wrong")]).status() == 200)
        #expect(try gateway.post("/t/s/m", "{}", [("Cookie", "token=1")]).status() == 200)
    }

    @Test func twoThatDisagreeAreRefused() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = TestGateway(driver, access: try keys.access())
        let both = gateway.post("/t/s/m", "{}", [bearer(keys.ci), ("X-Api-Key", keys.ops)])
        #expect(try both.status() == 400)
        #expect(try both.code() == "invalid-request")
        let twice = gateway.post("/t/s/m", "{}", [bearer(keys.ci), bearer(keys.ci)])
        #expect(try twice.status() == 400)
        let agreed = gateway.post("/t/s/m", "{}", [bearer(keys.ci), ("X-Api-Key", keys.ci)])
        #expect(try agreed.status() == 200)
        #expect(calls(driver) == 1)
    }

    @Test func anonymousIsNoRefugeForAWrongKey() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = TestGateway(driver, access: try keys.access(anonymous: true))
        #expect(try gateway.post("/t/s/m").status() == 200)
        #expect(try gateway.post("/t/s/m", "{}", [bearer("rgw_wrong")]).status() == 401)
        #expect(try gateway.post("/t/s/m", "{}", [("X-Api-Key", "")]).status() == 401)
        #expect(calls(driver) == 1)
    }

    @Test(arguments: ["/t/s/m?access_token=1", "/t/s/m?exchange=rgw_a", "/-/info?token=1"])
    func credentialsInTheQueryAreRefused(_ target: String) throws {
        let keys = try TestKeys()
        let gateway = TestGateway(FakeDriver(), access: try keys.access())
        let answer = gateway.post(target, "{}", [bearer(keys.ci)])
        #expect(try answer.status() == 400)
        #expect(try answer.body().contains("query: a credential has no place in a URL"))
        #expect(!(try answer.body().contains("rgw_a")))
    }

    @Test func credentialsInCookiesAreRefusedAndOthersAreNot() throws {
        let keys = try TestKeys()
        let gateway = TestGateway(FakeDriver(), access: try keys.access())
        func status(_ cookies: String...) throws -> Int {
            try gateway.post("/t/s/m", "{}", [bearer(keys.ci)] + cookies.map { ("Cookie", $0) }).status()
        }
        #expect(try status("theme=dark") == 200)
        #expect(try status("a=1; api_key=x") == 400)
        #expect(try status("theme=dark", "s=\(keys.ci)") == 400)
    }

    @Test(arguments: [
        ("/healthz", 200), ("/livez", 200), ("/metrics", 401), ("/-/healthy", 401), ("/-/ready", 401),
        ("/-/metrics", 401), ("/-/info", 401), ("/-/openapi.yaml", 401), ("/", 401), ("/%68ealthz", 401),
        ("/healthz/", 401),
        ("/x/healthz", 401), ("/healthz/healthz/healthz", 401), ("/HEALTHZ", 401), ("//healthz", 401),
        ("/healthz;a", 401),
        ("/-/operations/healthz", 401), ("/-/health/t", 401), ("/-/notifications/t", 401), ("*", 401),
        ("/healthz%00", 401),
        ("/./healthz", 401), ("/nothing", 401),
    ]) func onlyTheProbesAreOpen(_ path: String, _ status: Int) throws {
        let gateway = TestGateway(PoorDriver(), access: try TestKeys().access())
        for method in ["GET", "OPTIONS"] {
            let expected = status != 401 && method == "OPTIONS" ? 204 : status
            #expect(try gateway.send(method, path).status() == expected, "\(method) \(path)")
        }
        // A wrong credential does not keep a probe from its answer.
        #expect(try gateway.send("GET", path, [bearer("rgw_x")]).status() == status)
    }

    @Test func readinessIsOpenToo() throws {
        let gateway = TestGateway(PoorDriver(), access: try TestKeys().access())
        #expect(try gateway.send("OPTIONS", "/readyz").status() == 204)
        #expect(try gateway.send("OPTIONS", "/-/ready").status() == 401)
    }

    @Test func everythingElseIsThereForWhoIsKnown() throws {
        let keys = try TestKeys()
        let gateway = TestGateway(FakeDriver(), access: try keys.access())
        for path in ["/metrics", "/-/info", "/", "/-/openapi.yaml", "/-/healthy"] {
            let answer = gateway.send("GET", path, [bearer(keys.ops)])
            #expect(try answer.status() == 200)
            #expect(!(try answer.body().contains(keys.ops)))
        }
    }

    @Test func aBatchNeedsAKey() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = TestGateway(driver, access: try keys.access())
        let batch = #"[{"jsonrpc":"2.0","id":1,"method":"t/s/m"},{"jsonrpc":"2.0","id":2,"method":"t/s/n"}]"#
        #expect(try gateway.post("/-/jsonrpc", batch).status() == 401)
        #expect(calls(driver) == 0)
        #expect(try gateway.post("/-/jsonrpc", batch, [bearer(keys.ci)]).status() == 200)
        #expect(calls(driver) == 2)
    }

    @Test func anIdempotencyKeyIsItsPrincipalsOwn() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = TestGateway(driver, access: try keys.access(anonymous: true))
        let key = ("Idempotency-Key", "\"k\"")
        for credential in [[bearer(keys.ci)], [bearer(keys.ops)], []] {
            let first = gateway.post("/t/s/m", "{}", [key] + credential)
            #expect(try first.status() == 200)
            #expect(try first.field("Idempotency-Replayed") == nil)
            let second = gateway.post("/t/s/m", "{}", [key] + credential)
            #expect(try second.field("Idempotency-Replayed") == "true")
        }
        #expect(calls(driver) == 3)
        // Another body under somebody else's key is no conflict.
        #expect(try gateway.post("/t/s/m", "{ }", [("Idempotency-Key", "\"n\""), bearer(keys.ci)]).status() == 200)
        #expect(try gateway.post("/t/s/m", "{  }", [("Idempotency-Key", "\"n\""), bearer(keys.ops)]).status() == 200)
    }

    @Test func anOperationIsItsPrincipalsOwn() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = TestGateway(driver, access: try keys.access(anonymous: true))
        let begun = gateway.post("/t/s/m", "{}", [("Prefer", "respond-async"), bearer(keys.ci)])
        #expect(try begun.status() == 202)
        let path = try #require(try begun.field("Location"))
        for credential in [[bearer(keys.ops)], []] {
            let looked = gateway.send("GET", path, credential)
            let unknown = gateway.send("GET", "/-/operations/" + String(repeating: "0", count: 32), credential)
            #expect(try looked.status() == 404)
            #expect(try looked.code() == unknown.code())
            #expect(try gateway.send("DELETE", path, credential).status() == 404)
        }
        #expect(try gateway.send("GET", path, [("X-Api-Key", keys.ci)]).status() == 200)
        #expect(try gateway.send("DELETE", path, [bearer(keys.ci)]).status() == 204)
        #expect(try gateway.send("GET", path, [bearer(keys.ci)]).status() == 410)
    }

    @Test func whoMayComeInChangesWithAReload() throws {
        let keys = try TestKeys()
        let gateway = TestGateway(FakeDriver())
        #expect(try gateway.post("/t/s/m").status() == 200)
        gateway.gateway.update(GatewayConfiguration(), access: try keys.access())
        #expect(try gateway.post("/t/s/m").status() == 401)
        // A reload of the configuration alone leaves it as it is.
        gateway.gateway.update(GatewayConfiguration())
        #expect(try gateway.post("/t/s/m").status() == 401)
        gateway.gateway.update(GatewayConfiguration(), access: nil)
        #expect(try gateway.post("/t/s/m").status() == 200)
    }

    @Test(arguments: [
        ([("Content-Length", "99999")], false), ([("Content-Length", "100000")], true),
        ([("Transfer-Encoding", "chunked")], true), ([], false), ([("Expect", "100-continue")], true),
    ]) func largeBodiesOfStrangersAreNotTaken(_ fields: [(String, String)], _ isRefused: Bool) throws {
        let keys = try TestKeys()
        let gateway = TestGateway(FakeDriver(), access: try keys.access())
        func refusal(_ more: (String, String)...) -> HTTPResponse? {
            let all = [("Content-Type", "application/json")] + fields + more
            let head = RequestHead(
                method: "POST",
                path: Array("/t/s/m".utf8),
                fields: RequestFields(all.map { ($0.0, $0.1) })
            )
            return gateway.gateway.refusal(for: head)
        }
        #expect(refusal()?.status == (isRefused ? 401 : nil))
        #expect(refusal(bearer(keys.ci))?.status == nil)
    }
}
