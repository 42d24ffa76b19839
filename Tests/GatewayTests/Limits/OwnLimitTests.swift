// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import HTTPServer
import Names
import Testing
import Threads

@testable import Gateway

/// Limits that stand in the keys file.
struct OwnLimitTests {
    private let keys: TestKeys
    private let driver = FakeDriver()

    init() throws { keys = try TestKeys() }

    /// The first key has limits of its own, the other one those of all.
    private func gateway(
        _ limits: String,
        rules: String? = nil,
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws -> TestGateway {
        let file = String(decoding: keys.file, as: UTF8.self).replacing(
            "roles: [",
            with: "limits: [\(limits)], roles: ["
        )
        #expect(file.contains("limits: [\(limits)]"))
        let authenticator = Authenticator(keys: try KeyTable(file: Array(file.utf8)))
        let policy = try rules.map { try Policy(file: Array($0.utf8)) }
        return TestGateway(
            driver,
            access: AccessControl(authenticator: authenticator, policy: policy) { 1_000 },
            change
        )
    }

    private var ci: (String, String) { TestKeys.bearer(keys.ci) }
    private var ops: (String, String) { TestKeys.bearer(keys.ops) }

    private func statuses(_ gateway: TestGateway, _ count: Int, _ key: (String, String)) throws -> [Int] {
        try (0..<count).map { _ in try gateway.post("/t/s/m", "{}", [key]).status() }
    }

    @Test func aRateOfItsOwnHoldsWhereOthersHaveNone() throws {
        let gateway = try gateway("'rate:1', 'burst:2'")
        #expect(try statuses(gateway, 3, ci) == [200, 200, 429])
        #expect(try gateway.post("/t/s/m", "{}", [ci]).field("RateLimit-Policy") == "\"requests\";q=2;w=2")
        #expect(try statuses(gateway, 50, ops).allSatisfy { $0 == 200 })
    }

    @Test func itMayBeMoreThanThatOfAll() throws {
        let gateway = try gateway("'rate:1000'") { ($0.limits.rate, $0.limits.burst) = (1, 1) }
        #expect(try statuses(gateway, 20, ci).allSatisfy { $0 == 200 })
        #expect(try statuses(gateway, 2, ops) == [200, 429])
    }

    @Test func requestsUnderWayAreItsOwn() throws {
        let gateway = try gateway("'inFlight:1'")
        driver.hold()
        let first = gateway.post("/t/s/m", "{}", [ci])
        #expect(try gateway.post("/t/s/m", "{}", [ci]).status() == 429)
        let others = (0..<5).map { _ in gateway.post("/t/s/m", "{}", [ops]) }
        driver.release()
        for answer in [first] + others { #expect(try answer.status() == 200) }
    }

    @Test func aBodyIsBoundedAsAWhole() throws {
        let gateway = try gateway("'body:20'")
        #expect(try gateway.post("/t/s/m", "{\"a\":\"0123456789ab\"}", [ci]).status() == 200)
        let long = "{\"a\":\"0123456789abc\"}"
        let refused = gateway.post("/t/s/m", long, [ci])
        #expect(try refused.status() == 413)
        #expect(try refused.body().contains("20 bytes"))
        #expect(try gateway.post("/-/jsonrpc", "[]" + String(repeating: " ", count: 19), [ci]).status() == 413)
        #expect(try gateway.post("/-/amqp/-/q", String(repeating: "x", count: 21), [ci]).status() == 413)
        #expect(try gateway.post("/t/s/m", long, [ops]).status() == 200)
        #expect(driver.seen.withLock { $0.calls.count } == 2)
    }

    @Test func theLongestTimeIsTheShorterOfBoth() throws {
        let gateway = try gateway("'timeout:30'", rules: "- {allow: 't/*/*', rights: 'timeout:5'}\n- {allow: '*/*/*'}")
        func timeout(_ path: String, _ key: (String, String)) throws -> String? {
            try gateway.post(path, "{}", [key, ("Rpc-Timeout", "60")]).field("Rpc-Timeout")
        }
        #expect(try timeout("/t/s/m", ci) == "5")
        #expect(try timeout("/u/s/m", ci) == "30")
        #expect(try timeout("/-/amqp/-/q", ci) == "30")
        #expect(try timeout("/u/s/m", ops) == "60")
    }

    private func principal(_ limits: String) throws -> Principal {
        let file = String(decoding: keys.file, as: UTF8.self).replacing(
            "roles: [",
            with: "limits: [\(limits)], roles: ["
        )
        let authenticator = Authenticator(keys: try KeyTable(file: Array(file.utf8)))
        let credentials = Credentials(authorization: .once(Array("Bearer \(keys.ci)".utf8)[...]))
        return try authenticator.principal(of: credentials, now: 0)
    }

    @Test func whatALineDoesNotSayIsThatOfAll() throws {
        var all = ClientLimitConfiguration()
        (all.rate, all.burst, all.inFlight, all.streams) = (10, 20, 30, 40)
        func own(_ limits: String) throws -> [Int] {
            let own = all.with(try principal(limits).limits)
            return [own.rate, own.burst, own.inFlight, own.streams]
        }
        #expect(try own("'streams:2'") == [10, 20, 30, 2])
        #expect(try own("'rate:5'") == [5, 0, 30, 40])
        #expect(try own("'rate:5', 'burst:6', 'inFlight:7', 'streams:8'") == [5, 6, 7, 8])
        #expect(try own("") == [10, 20, 30, 40])
        #expect(all.with(nil) == all)
    }

    @Test func threadsThatShareAnAccountGetExactlyItsBurst() async throws {
        let own = try principal("'rate:1', 'burst:1000', 'inFlight:100'").limits
        let limits = ClientLimits(ClientLimitConfiguration()) { Moment(nanoseconds: 1) }
        let client = Holder(principal: "ci")
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<1_000).count { _ in
                        let place = try? limits.begin(client, isNamed: true, own: own)
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
