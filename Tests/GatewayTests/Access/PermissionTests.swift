// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import HTTPServer
import Messaging
import Names
import Testing
import Threads

@testable import Gateway

struct PermissionTests {
    private static let rules = """
        - {allow: t/s/*, principals: ci, modes: [call, cast], rights: timeout:5}
        - {allow: t/*/m, principals: ci, modes: [fanout, gather]}
        - {allow: rich/*/*, principals: ci, modes: call, rights: [context, exchange]}
        - {allow: -/images/resize, principals: ci, modes: plain-amqp}
        - {allow: -/-/info, principals: ci, modes: admin}
        - {allow: t/-/health, principals: ci, modes: admin}
        - {allow: -/-/-, principals: ci, modes: operations}
        - {allow: '*/*/*', roles: root, rights: [context, exchange, headers]}
        """

    private let keys: TestKeys
    private let driver = FakeDriver()
    private let gateway: TestGateway

    init() throws {
        keys = try TestKeys()
        gateway = TestGateway(driver, access: try Self.access(keys, Self.rules))
    }

    private static func access(_ keys: TestKeys, _ rules: String) throws -> AccessControl {
        let authenticator = Authenticator(keys: try KeyTable(file: keys.file), takesAnonymous: true)
        return AccessControl(authenticator: authenticator, policy: try Policy(file: Array(rules.utf8))) { 1_000 }
    }

    private var ci: (String, String) { TestKeys.bearer(keys.ci) }
    private var ops: (String, String) { TestKeys.bearer(keys.ops) }
    private var sent: Int {
        driver.seen.withLock { $0.calls.count + $0.casts.count + $0.gatherings.count + $0.plain.count + $0.sent.count }
    }

    @Test(arguments: [
        ("/t/s/m", 200), ("/t/s/n:cast", 202), ("/t/*/m:cast", 202), ("/t/*/m:gather", 200),
        ("/rich/m?exchange=x", 200),
        ("/-/amqp/images/resize", 200), ("/-/amqp/-/resize?exchange=images", 200),
    ]) func whatARuleAllowsIsDone(_ target: String, _ status: Int) throws {
        // The second time a path may have a plan.
        for count in 1...2 {
            #expect(try gateway.post(target, "{}", [ci]).status() == status)
            #expect(sent == count)
        }
    }

    @Test(arguments: [
        "/t/x/m", "/t/m", "/unknown/s/m", "/t/*/n:cast", "/t/*/n:gather", "/t%2Fs/m", "/T/s/m", "/t/s/m?exchange=x",
        "/rich/*/m:cast",
        "/rich/m:cast", "/-/amqp/images/other", "/-/amqp/-/images", "/-/amqp/images/resize%2F", "/-/amqp/-/resize",
        "/-/notifications/t/m",
    ]) func whatNoRuleAllowsIsNotDone(_ target: String) throws {
        let answer = gateway.post(target, "{}", [ci])
        #expect(try answer.status() == 403)
        #expect(try answer.code() == "forbidden")
        for fields in [[ops], []] { #expect(try gateway.post(target, "{}", fields).status() == 403) }
        #expect(sent == 0)
    }

    @Test func aPlanIsNobodysPermission() throws {
        #expect(try gateway.post("/t/s/m", "{}", [ci]).status() == 200)
        #expect(try gateway.post("/t/s/m", "{}", [ops]).status() == 403)
        #expect(try gateway.post("/t/s/m", "{}").status() == 403)
        #expect(sent == 1)
    }

    @Test func unknownAndForbiddenTopicsLookTheSame() throws {
        func text(_ topic: String) throws -> [String] {
            let members = try JSONText(gateway.post("/\(topic)/s/m", "{}", [ops]).body()).members ?? []
            let variable: Set = ["instance", "request_id", "elapsed", "target"]
            return members.filter { !variable.contains($0.key) }.map { "\($0.key)=\($0.value.string)" }
        }
        #expect(try text("t") == text("nosuch"))
    }

    @Test func rightsAreAskedFor() throws {
        let context = ("Rpc-Context", #"{"user_id":"u"}"#)
        #expect(try gateway.post("/t/s/m", "{}", [ci, context]).status() == 403)
        #expect(try gateway.post("/t/s/m?exchange=openstack", "{}", [ci]).status() == 200)
        #expect(try gateway.post("/rich/m", "{}", [ci, context]).status() == 200)
        #expect(try gateway.post("/-/amqp/images/resize", "{}", [ci, ("Amqp-Headers", #"{"a":1}"#)]).status() == 403)
        #expect(try gateway.post("/-/amqp/images/resize", "{}", [ci, ("Amqp-Headers", "{}")]).status() == 200)
        #expect(sent == 3)
    }

    @Test func aRuleBoundsTheTime() throws {
        #expect(try gateway.post("/t/s/m", "{}", [ci, ("Rpc-Timeout", "60")]).field("Rpc-Timeout") == "5")
        #expect(try gateway.post("/t/s/m", "{}", [ci, ("Rpc-Timeout", "2")]).field("Rpc-Timeout") == "2")
        #expect(try gateway.post("/rich/m", "{}", [ci, ("Rpc-Timeout", "60")]).field("Rpc-Timeout") == "60")
        let timeouts = driver.seen.withLock { $0.calls.map { $0.deadline.duration(to: .now) } }
        #expect(timeouts.count == 3)
    }

    @Test func entriesOfABatchAreJudgedOneByOne() throws {
        let methods = ["t/s/m", "t/x/m", "unknown/m", "t/s/n"]
        let entries = methods.enumerated().map { #"{"jsonrpc":"2.0","id":\#($0.offset),"method":"\#($0.element)"}"# }
        let answer = try gateway.post("/-/jsonrpc", "[\(entries.joined(separator: ","))]", [ci]).body()
        #expect(answer.components("-32015") == 2)
        #expect(answer.components("\"result\"") == 2)
        #expect(sent == 2)
        #expect(
            try gateway.post("/-/jsonrpc", entries[0], [ci, ("Rpc-Context", "{}")]).body().components("-32015") == 1
        )
    }

    @Test func pagesAndProbesAreJudgedToo() throws {
        func status(_ path: String, _ who: (String, String)) throws -> Int {
            try gateway.send("GET", path, [who]).status()
        }
        #expect(try status("/-/info", ci) == 200)
        for path in [
            "/-/info", "/metrics", "/-/metrics", "/", "/-/openapi.json", "/-/healthy", "/-/ready", "/-/health/t",
            "/-/notifications/t",
        ] {
            #expect(try status(path, ops) == 403, "\(path)")
        }
        for path in ["/metrics", "/", "/-/health/t/s", "/-/health/u", "/-/health/t?exchange=x"] {
            #expect(try status(path, ci) == 403, "\(path)")
        }
        #expect(try gateway.send("GET", "/healthz").status() == 200)
    }

    @Test func operationsAreAskedFor() throws {
        let begun = gateway.post("/t/s/m", "{}", [ci, ("Prefer", "respond-async")])
        let path = try #require(try begun.field("Location"))
        #expect(try gateway.send("GET", path, [ci]).status() == 200)
        #expect(try gateway.send("GET", path, [ops]).status() == 403)
        #expect(try gateway.post("/t/x/m", "{}", [ci, ("Prefer", "respond-async")]).status() == 403)
    }

    @Test func aReloadJudgesTheNextRequestByTheNewRules() throws {
        #expect(try gateway.post("/t/s/m", "{}", [ci]).status() == 200)
        gateway.gateway.update(GatewayConfiguration(), access: try Self.access(keys, "- {deny: '*/*/*'}"))
        #expect(try gateway.post("/t/s/m", "{}", [ci]).status() == 403)
        gateway.gateway.update(GatewayConfiguration(), access: try Self.access(keys, Self.rules))
        #expect(try gateway.post("/t/s/m", "{}", [ci]).status() == 200)
    }

    @Test(arguments: [
        ("POST", "/nova/cn1/reboot", "call nova/cn1/reboot openstack"),
        ("POST", "/nova/reboot?exchange=x", "call nova/-/reboot x"),
        ("POST", "/nova/*/sync:cast", "fanout nova/*/sync openstack"),
        ("POST", "/nova/-/sync:cast", "cast nova/-/sync openstack"),
        ("POST", "/nova/*/sync:gather", "gather nova/*/sync openstack"),
        ("POST", "/-/amqp/images/resize", "plain-amqp -/images/resize images"),
        ("POST", "/-/amqp/-/jobs", "plain-amqp -/-/jobs "),
        ("POST", "/-/amqp/-/jobs?exchange=-", "plain-amqp -/%2D/jobs -"),
        ("POST", "/-/notifications/n/a.b", "notify n/-/a.b openstack"),
        ("GET", "/-/notifications/n", "listen n/-/- openstack"),
        ("GET", "/-/operations/1", "operations -/-/- none"), ("GET", "/metrics", "admin -/-/metrics none"),
        ("GET", "/-/health/nova/cn1", "admin nova/cn1/health openstack"), ("GET", "/-/ready", "admin -/-/ready none"),
    ]) func aQuestionIsReadAsTheGatewayReadsIt(_ method: String, _ target: String, _ expected: String) throws {
        let asked = try PolicyQuestion(method: method, target: target, GatewayConfiguration()).request
        #expect("\(asked.mode.rawValue) \(asked.target) \(asked.exchange?.text ?? "none")" == expected)
    }

    @Test(arguments: [
        ("GET", "/nova/cn1/reboot"), ("POST", "/a//b"), ("GET", "/healthz"), ("POST", "/-/jsonrpc"), ("POST", "/t/_m"),
        ("POST", ""),
    ])
    func whatIsRefusedInAnyCaseIsNoQuestion(_ method: String, _ target: String) {
        #expect(throws: PolicyQuestion.Refusal.self) {
            try PolicyQuestion(method: method, target: target, GatewayConfiguration())
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(_ text: String) -> Int { ranges(of: text).count }
}
