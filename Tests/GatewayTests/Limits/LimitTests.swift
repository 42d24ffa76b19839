// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import HTTPServer
import Testing
import Threads

@testable import Gateway

struct LimitTests {
    private func calls(_ driver: FakeDriver) -> Int { driver.seen.withLock { $0.calls.count } }

    private func statuses(_ gateway: TestGateway, _ count: Int, _ fields: [(String, String)] = []) throws -> [Int] {
        try (0..<count).map { _ in try gateway.post("/t/s/m", "{}", fields).status() }
    }

    @Test func nothingIsLimitedByDefault() throws {
        let gateway = TestGateway(FakeDriver())
        #expect(try statuses(gateway, 200).allSatisfy { $0 == 200 })
        #expect(gateway.gateway.access == nil)
    }

    @Test func oneMoreIsRefusedBeforeItIsSent() throws {
        let driver = FakeDriver()
        let gateway = TestGateway(driver) { ($0.limits.rate, $0.limits.burst) = (1, 3) }
        #expect(try statuses(gateway, 5) == [200, 200, 200, 429, 429])
        #expect(calls(driver) == 3)
        let refused = gateway.post("/t/s/m")
        #expect(try refused.code() == "rate-limited")
        #expect(try refused.field("Retry-After") == "1")
        #expect(try refused.field("RateLimit") == "\"requests\";r=0;t=1")
        #expect(try refused.field("RateLimit-Policy") == "\"requests\";q=3;w=3")
        #expect(try refused.body().contains("\"executed\":\"no\",\"retryable\":true"))
        // Pages count as well, probes do not.
        #expect(try gateway.send("GET", "/-/info").status() == 429)
        #expect(try gateway.send("GET", "/nothing").status() == 429)
        #expect(try gateway.send("GET", "/healthz").status() == 200)
        // Nobody is asked who they are.
        #expect(gateway.gateway.access == nil)
    }

    @Test func eachPrincipalHasItsOwnAndSoHaveStrangers() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = TestGateway(driver, access: try keys.access()) { ($0.limits.rate, $0.limits.burst) = (1, 2) }
        #expect(try statuses(gateway, 3, [TestKeys.bearer("rgw_wrong")]) == [401, 401, 429])
        #expect(try statuses(gateway, 1) == [429])
        #expect(try statuses(gateway, 3, [TestKeys.bearer(keys.ci)]) == [200, 200, 429])
        #expect(try statuses(gateway, 3, [("X-Api-Key", keys.ops)]) == [200, 200, 429])
        #expect(try statuses(gateway, 1, [("X-Api-Key", keys.ci)]) == [429])
        #expect(calls(driver) == 4)
    }

    @Test func aLargeBodyIsNotTakenAndNotCounted() throws {
        let gateway = TestGateway(FakeDriver()) { ($0.limits.rate, $0.limits.burst) = (1, 1) }
        let fields = RequestFields([("Content-Type", "application/json"), ("Content-Length", "9000000")])
        let head = RequestHead(method: "POST", path: Array("/t/s/m".utf8), fields: fields)
        for _ in 0..<5 { #expect(gateway.gateway.refusal(for: head) == nil) }
        #expect(try statuses(gateway, 1) == [200])
        #expect(gateway.gateway.refusal(for: head)?.status == 429)
    }

    @Test func requestsUnderWayAreLimited() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = TestGateway(driver, access: try keys.access()) { $0.limits.inFlight = 2 }
        let (ci, ops) = ([TestKeys.bearer(keys.ci)], [TestKeys.bearer(keys.ops)])
        driver.hold()
        let first = (0..<2).map { _ in gateway.post("/t/s/m", "{}", ci) }
        let refused = gateway.post("/t/s/m", "{}", ci)
        #expect(try refused.code() == "rate-limited")
        #expect(try refused.field("RateLimit") == "\"in-flight\";r=0")
        #expect(try refused.field("RateLimit-Policy") == "\"in-flight\";q=2;qu=\"concurrent-requests\"")
        let other = gateway.post("/t/s/m", "{}", ops)
        #expect(!other.isThere)
        driver.release(1)
        #expect(try first[0].status() == 200)
        let third = gateway.post("/t/s/m:cast", "{}", ci)
        #expect(!third.isThere)
        driver.release()
        for answer in first + [other] { #expect(try answer.status() == 200) }
        #expect(try third.status() == 202)
    }

    @Test func whatIsRefusedLeavesItsPlace() throws {
        let gateway = TestGateway(FakeDriver()) { $0.limits.inFlight = 1 }
        for target in ["/t/s/_private", "/t/s/m?x=1", "/nothing/", "/-/info", "/t/s/m:gather", "/-/amqp/-/q"] {
            for _ in 0..<3 { #expect(try gateway.post(target).status() != 429) }
        }
        for _ in 0..<3 { #expect(try gateway.post("/t/s/m", "[").status() == 400) }
        #expect(try statuses(gateway, 3) == [200, 200, 200])
    }

    @Test func anOperationIsUnderWayUntilItHasEnded() throws {
        let driver = FakeDriver()
        let gateway = TestGateway(driver) { $0.limits.inFlight = 1 }
        driver.hold()
        #expect(try gateway.post("/t/s/m", "{}", [("Prefer", "respond-async")]).status() == 202)
        #expect(try statuses(gateway, 1) == [429])
        driver.release()
        let next = gateway.post("/t/s/m")
        driver.release()
        #expect(try next.status() == 200)
    }

    @Test func eachEntryOfABatchCounts() throws {
        let driver = FakeDriver()
        let gateway = TestGateway(driver) { ($0.limits.rate, $0.limits.burst, $0.limits.inFlight) = (1, 3, 1) }
        let entry = "{\"jsonrpc\":\"2.0\",\"method\":\"t/s/m\",\"params\":{},\"id\":1}"
        let batch = gateway.post("/-/jsonrpc", "[" + Array(repeating: entry, count: 5).joined(separator: ",") + "]")
        #expect(try batch.status() == 200)
        #expect(try batch.body().components(of: "\"code\":-32021") == 2)
        #expect(try batch.body().components(of: "\"result\":{}") == 3)
        #expect(calls(driver) == 3)
        #expect(try gateway.post("/-/jsonrpc", entry).status() == 429)
    }

    @Test func aRuleHasALimitOfItsOwn() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = try gateway(
            driver,
            keys,
            rules: "- {allow: 'slow/*/*', rights: [rate:1, burst:2]}",
            "- {allow: '*/*/*', principals: ci}"
        )
        func statuses(_ target: String, _ key: String) throws -> [Int] {
            try (0..<3).map { _ in try gateway.post(target, "{}", [TestKeys.bearer(key)]).status() }
        }
        #expect(try statuses("/slow/s/m", keys.ci) == [200, 200, 429])
        #expect(try statuses("/slow/s/m", keys.ops) == [200, 200, 429])
        #expect(try statuses("/t/s/m", keys.ci) == [200, 200, 200])
        #expect(try statuses("/t/s/m", keys.ops) == [403, 403, 403])
        #expect(calls(driver) == 7)
        let refused = gateway.post("/slow/s/m", "{}", [TestKeys.bearer(keys.ci)])
        #expect(try refused.field("RateLimit") == "\"rule\";r=0;t=1")
        #expect(try refused.field("RateLimit-Policy") == "\"rule\";q=2;w=2")
        #expect(try refused.body().contains("that a rule of the policy allows"))
        // Entries of a batch are judged one by one.
        let entry =
            "{\"jsonrpc\":\"2.0\",\"method\":\"slow/s/m\",\"id\":1},{\"jsonrpc\":\"2.0\",\"method\":\"t/s/m\",\"id\":2}"
        let batch = gateway.post("/-/jsonrpc", "[\(entry)]", [TestKeys.bearer(keys.ci)])
        #expect(try batch.body().components(of: "\"code\":-32021") == 1)
        #expect(calls(driver) == 8)
    }

    private func gateway(_ driver: FakeDriver, _ keys: TestKeys, rules: String...) throws -> TestGateway {
        let access = AccessControl(
            authenticator: Authenticator(keys: try KeyTable(file: keys.file)),
            policy: try Policy(file: Array(rules.joined(separator: "\n").utf8))
        ) { 1_000 }
        return TestGateway(driver, access: access)
    }

    @Test func aRuleLimitsWhatIsUnderWay() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = try gateway(
            driver,
            keys,
            rules: "- {allow: 'slow/*/*', rights: [inFlight:2]}",
            "- {allow: '*/*/*'}"
        )
        let (ci, ops) = ([TestKeys.bearer(keys.ci)], [TestKeys.bearer(keys.ops)])
        driver.hold()
        let held = (0..<2).map { _ in gateway.post("/slow/s/m", "{}", ci) }
        let refused = gateway.post("/slow/s/m", "{}", ci)
        #expect(try refused.code() == "rate-limited")
        #expect(try refused.field("RateLimit") == "\"in-flight\";r=0")
        #expect(try refused.body().contains("the limit of a rule of the policy"))
        // Others have their own places, and other rules other ones.
        let others = [gateway.post("/slow/s/m", "{}", ops), gateway.post("/t/s/m", "{}", ci)]
        #expect(others.allSatisfy { !$0.isThere })
        driver.release()
        for answer in held + others { #expect(try answer.status() == 200) }
        for _ in 0..<3 {
            let again = gateway.post("/slow/s/m", "{}", ci)
            driver.release()
            #expect(try again.status() == 200)
        }
        // What is refused afterwards leaves its place, and so does a batch.
        for _ in 0..<3 { #expect(try gateway.post("/slow/s/m", "[", ci).status() == 400) }
        let entry = "{\"jsonrpc\":\"2.0\",\"method\":\"slow/s/m\",\"id\":1}"
        for _ in 0..<3 {
            let batch = gateway.post("/-/jsonrpc", "[\(entry),\(entry),\(entry)]", ci)
            while !batch.isThere { driver.release() }
            #expect(try batch.body().components(of: "\"code\":-32021") == 1)
        }
    }

    @Test func aRuleLimitsBodies() throws {
        let (keys, driver) = (try TestKeys(), FakeDriver())
        let gateway = try gateway(
            driver,
            keys,
            rules: "- {allow: 'small/*/*', rights: [body:10]}",
            "- {allow: '*/*/*'}"
        )
        let ci = [TestKeys.bearer(keys.ci)]
        #expect(try gateway.post("/small/s/m", "{\"a\":1234}", ci).status() == 200)
        let refused = gateway.post("/small/s/m", "{\"a\":12345}", ci)
        #expect(try refused.status() == 413)
        #expect(try refused.body().contains("body: the policy of this gateway gives this request 10 bytes"))
        #expect(try refused.body().contains("\"executed\":\"no\""))
        #expect(try gateway.post("/small/s/m:cast", "{\"a\":12345}", ci).status() == 413)
        #expect(try gateway.post("/t/s/m", "{\"a\":12345}", ci).status() == 200)
        let entry = "{\"jsonrpc\":\"2.0\",\"method\":\"small/s/m\",\"params\":{\"a\":12345},\"id\":1}"
        #expect(try gateway.post("/-/jsonrpc", entry, ci).body().contains("gives this request 10 bytes"))
        #expect(calls(driver) == 2)
    }

    @Test func limitsAreChangedWhileTheGatewayRuns() throws {
        let gateway = TestGateway(FakeDriver())
        #expect(try statuses(gateway, 2) == [200, 200])
        var configuration = gateway.gateway.configuration
        (configuration.limits.rate, configuration.limits.burst) = (1, 1)
        gateway.gateway.update(configuration)
        #expect(try statuses(gateway, 2) == [200, 429])
        configuration.limits = ClientLimitConfiguration()
        gateway.gateway.update(configuration)
        #expect(try statuses(gateway, 3) == [200, 200, 200])
    }

    /// What was begun before is found again, as nobody is asked who they are either way.
    @Test func keysOutliveLimits() throws {
        let gateway = TestGateway(FakeDriver())
        let key = [("Idempotency-Key", "\"a\"")]
        #expect(try gateway.post("/t/s/m", "{}", key).field("Idempotency-Replayed") == nil)
        var configuration = gateway.gateway.configuration
        configuration.limits.rate = 100
        gateway.gateway.update(configuration)
        #expect(try gateway.post("/t/s/m", "{}", key).field("Idempotency-Replayed") == "true")
    }

    @Test func manyThreadsTogetherHaveOneLimit() async throws {
        let limits = ClientLimits(
            {
                var limits = ClientLimitConfiguration()
                (limits.rate, limits.burst, limits.inFlight) = (1, 1_000, 100)
                return limits
            }(),
            clock: { Moment(nanoseconds: 1) }
        )
        let client = Holder(address: "192.0.2.1")
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<1_000).count { _ in
                        let place = try? limits.begin(client, isNamed: false)
                        place?.kept?.giveBack()
                        place?.kept?.giveBack()
                        return place != nil
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(admitted == 1_000)
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
