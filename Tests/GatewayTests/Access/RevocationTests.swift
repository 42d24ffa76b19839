// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import HTTPServer
import Logging
import Messaging
import Names
import Testing
import Threads

@testable import Gateway

/// What is kept or stays open when rights are taken back.
struct RevocationTests {
    private static let all = "- {allow: '*/*/*', principals: [ci, ops], rights: [context, exchange, headers]}"
    private static let withoutT = "- {deny: 't/*/*'}\n- {deny: '*/t/*'}\n" + all

    private let keys: TestKeys
    private let driver = FakeDriver()
    private let gateway: TestGateway

    init() throws {
        keys = try TestKeys()
        gateway = TestGateway(driver, access: try Self.access(keys, Self.all))
    }

    private static func access(
        _ keys: TestKeys,
        _ rules: String?,
        file: [UInt8]? = nil,
        at second: Int64 = 1_000
    ) throws -> AccessControl {
        let authenticator = Authenticator(keys: try KeyTable(file: file ?? keys.file), takesAnonymous: true)
        let policy = try rules.map { try Policy(file: Array($0.utf8)) }
        return AccessControl(authenticator: authenticator, policy: policy) { second }
    }

    private func reload(_ rules: String?, file: [UInt8]? = nil) throws {
        gateway.gateway.update(GatewayConfiguration(), access: try Self.access(keys, rules, file: file))
    }

    private var ci: (String, String) { TestKeys.bearer(keys.ci) }
    private var ops: (String, String) { TestKeys.bearer(keys.ops) }
    private let once = ("Idempotency-Key", "\"k\"")
    private let later = ("Prefer", "respond-async")
    private var sent: Int {
        driver.seen.withLock { $0.calls.count + $0.casts.count + $0.gatherings.count + $0.plain.count }
    }

    private static let entry = #"{"jsonrpc":"2.0","id":1,"method":"t/s/m"}"#

    @Test(arguments: [
        ("/t/s/m", "{}"), ("/t/s/m:cast", "{}"), ("/t/*/m:cast", "{}"), ("/t/*/m:gather", "{}"), ("/-/amqp/t/k", "{}"),
        ("/-/jsonrpc", entry),
    ]) func anAnswerIsNotGivenAgainWithoutTheRight(_ target: String, _ body: String) throws {
        let status = try gateway.post(target, body, [ci, once]).status()
        #expect((200...202).contains(status))
        #expect(try gateway.post(target, body, [ci, once]).field("Idempotency-Replayed") == "true")
        try reload(Self.withoutT)
        let refused = gateway.post(target, body, [ci, once])
        #expect(try refused.status() == 403)
        #expect(try refused.code() == "forbidden")
        #expect(try refused.field("Idempotency-Replayed") == nil)
        // It is the answer to the call itself, word for word where that is refused as a whole.
        let other = gateway.post(target, body, [ci])
        #expect(try other.status() == (target == "/-/jsonrpc" ? 200 : 403))
        // The answer was kept meanwhile.
        try reload(Self.all)
        let replayed = gateway.post(target, body, [ci, once])
        #expect(try replayed.status() == status)
        #expect(try replayed.field("Idempotency-Replayed") == "true")
        #expect(sent == 1)
    }

    @Test(arguments: ["/t/s/m", "/t/*/m:gather", "/-/amqp/t/k", "/-/jsonrpc"])
    func anOperationIsNotSeenWithoutTheRight(_ target: String) throws {
        let begun = gateway.post(target, target == "/-/jsonrpc" ? Self.entry : "{}", [ci, later])
        let path = try #require(try begun.field("Location"))
        try reload(Self.withoutT)
        for method in ["GET", "DELETE"] {
            let refused = gateway.send(method, path, [ci])
            #expect(try refused.status() == 403)
            #expect(try refused.code() == "forbidden")
            // Others learn no more than before.
            #expect(try gateway.send(method, path, [ops]).status() == 404)
        }
        try reload(Self.all)
        #expect(try gateway.send("GET", path, [ci]).status() == 200)
        #expect(try gateway.send("DELETE", path, [ci]).status() == 204)
    }

    @Test func aRunningOperationIsHiddenToo() throws {
        driver.hold()
        let path = try #require(try gateway.post("/t/s/m", "{}", [ci, later, once]).field("Location"))
        try reload(Self.withoutT)
        #expect(try gateway.send("GET", path, [ci]).status() == 403)
        #expect(try gateway.send("GET", path, [ci, ("Prefer", "wait=10")]).status() == 403)
        #expect(try gateway.post("/t/s/m", "{}", [ci, later, once]).status() == 403)
        try reload(Self.all)
        #expect(try gateway.post("/t/s/m", "{}", [ci, later, once]).status() == 202)
        driver.release()
        #expect(try gateway.send("GET", path, [ci]).status() == 200)
        #expect(sent == 1)
    }

    @Test func whoWaitsForAnEndIsJudgedAtTheEnd() throws {
        driver.hold()
        let other = try #require(try gateway.post("/u/s/m", "{}", [ops, later]).field("Location"))
        let path = try #require(try gateway.post("/t/s/m", "{}", [ci, later]).field("Location"))
        let wait = ("Prefer", "wait=10")
        let (waiting, victim) = (gateway.send("GET", path, [ci, wait]), gateway.send("GET", other, [ops, wait]))
        #expect(!waiting.isThere && !victim.isThere)
        try reload(Self.withoutT)
        driver.release()
        #expect(try waiting.status() == 403)
        #expect(try victim.status() == 200)
    }

    @Test func whoseKeyIsGoneWhileWaitingGetsNothing() throws {
        driver.hold()
        let path = try #require(try gateway.post("/t/s/m", "{}", [ci, later]).field("Location"))
        let waiting = gateway.send("GET", path, [ci, ("Prefer", "wait=10")])
        try reload(Self.all, file: Array(keys.file.split(separator: 0x0a)[1]))
        driver.release()
        #expect(try waiting.status() == 401)
        #expect(try waiting.code() == "unauthenticated")
    }

    @Test func aRightThatWasMadeUseOfHasToStay() throws {
        let context = ("Rpc-Context", #"{"user_id":"u"}"#)
        #expect(try gateway.post("/t/s/m", "{}", [ci, once, context]).status() == 200)
        #expect(try gateway.post("/t/s/m?exchange=x", "{}", [ci, ("Idempotency-Key", "x")]).status() == 200)
        #expect(try gateway.post("/t/s/m", "{}", [ci, ("Idempotency-Key", "none")]).status() == 200)
        for rules in ["- {allow: '*/*/*'}", nil] {
            try reload(rules)
            #expect(try gateway.post("/t/s/m", "{}", [ci, once, context]).status() == 403)
            #expect(try gateway.post("/t/s/m", "{}", [ci, ("Idempotency-Key", "none")]).status() == 200)
        }
        try reload("- {allow: '*/*/*'}")
        #expect(try gateway.post("/t/s/m?exchange=x", "{}", [ci, ("Idempotency-Key", "x")]).status() == 403)
        #expect(sent == 3)
    }

    @Test func aRoleThatIsGoneCounts() throws {
        let rules = "- {allow: '*/*/*', roles: builder}"
        try reload(rules)
        #expect(try gateway.post("/t/s/m", "{}", [ci, once]).status() == 200)
        let plain = String(decoding: keys.file, as: UTF8.self).replacing(#", roles: ["builder"]"#, with: "")
        #expect(plain.utf8.count < keys.file.count)
        try reload(rules, file: Array(plain.utf8))
        #expect(try gateway.post("/t/s/m", "{}", [ci, once]).status() == 403)
    }

    @Test func aBatchIsGivenAgainAsFarAsItWasAllowed() throws {
        let entries = ["t/s/m", "u/s/m"].enumerated().map {
            #"{"jsonrpc":"2.0","id":\#($0.offset),"method":"\#($0.element)"}"#
        }
        let batch = "[\(entries.joined(separator: ","))]"
        try reload("- {deny: u/*/*}\n" + Self.all)
        let first = try gateway.post("/-/jsonrpc", batch, [ci, once]).body()
        #expect(first.contains("-32015") && first.contains("\"result\""))
        // The entry that was denied then may be denied now.
        let second = gateway.post("/-/jsonrpc", batch, [ci, once])
        #expect(try second.body() == first)
        #expect(try second.field("Idempotency-Replayed") == "true")
        try reload(Self.withoutT)
        #expect(try gateway.post("/-/jsonrpc", batch, [ci, once]).status() == 403)
        #expect(sent == 1)
    }

    @Test func aReplayUsesUpNothingOfARule() throws {
        try reload("- {allow: '*/*/*', rights: ['rate:1', 'burst:1']}")
        for _ in 0..<3 { #expect(try gateway.post("/t/s/m", "{}", [ci, once]).status() == 200) }
        #expect(try gateway.post("/t/s/m", "{}", [ci]).status() == 429)
    }

    // MARK: Streams

    private func core(_ access: AccessControl?) -> GatewayCore {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return GatewayCore(
            driver: driver,
            configuration: GatewayConfiguration(),
            access: access,
            administration: Administration(),
            logger: logger
        )
    }

    private func standing(_ key: String?, _ core: GatewayCore, exchange: Bool = false) throws -> Standing {
        let credentials = Credentials(authorization: key.map { .once(Array("Bearer \($0)".utf8)[...]) } ?? .absent)
        let access = core.access ?? .open
        let caller = Caller(try access.principal(of: credentials), access, address: "127.0.0.1")
        let granted = GrantedAccess(request: AccessRequest(.listen, topic: "t"), exchange: exchange)
        return Standing(caller, granted, core, RequestIdentity(given: nil))
    }

    @Test func aStreamStandsUntilItsCredentialOrRightIsGone() throws {
        let core = core(try Self.access(keys, Self.all))
        let (mine, others) = (try standing(keys.ci, core, exchange: true), try standing(keys.ops, core))
        func reasons(_ access: AccessControl?) -> [ProblemCode?] {
            core.update(GatewayConfiguration(), access: access)
            return [mine.reasonToEnd()?.code, others.reasonToEnd()?.code]
        }
        #expect(reasons(try Self.access(keys, Self.all)) == [nil, nil])
        #expect(reasons(try Self.access(keys, nil)) == [nil, nil])
        #expect(reasons(nil) == [nil, nil])
        #expect(reasons(try Self.access(keys, "- {allow: '*/*/*'}")) == [.forbidden, nil])
        #expect(reasons(try Self.access(keys, "- {deny: '*/*/*', principals: ci}\n" + Self.all)) == [.forbidden, nil])
        let without = Array(keys.file.split(separator: 0x0a)[1])
        #expect(reasons(try Self.access(keys, Self.all, file: without)) == [.unauthenticated, nil])
        #expect(reasons(try Self.access(keys, nil, file: [])) == [.unauthenticated, .unauthenticated])
        #expect(reasons(try Self.access(keys, Self.all)) == [nil, nil])
    }

    @Test func aStreamEndsWithItsKey() throws {
        let text = "\(String(decoding: keys.file.split(separator: 0x0a)[0], as: UTF8.self))"
        let ends = text.replacing("roles:", with: "expires: \"1970-01-01T00:16:41Z\", roles:")
        let second = Guarded<Int64>(1_000)
        let authenticator = Authenticator(keys: try KeyTable(file: Array(ends.utf8)), takesAnonymous: true)
        let core = core(AccessControl(authenticator: authenticator) { second.withLock { $0 } })
        let (mine, others) = (try standing(keys.ci, core), try standing(nil, core))
        #expect(mine.reasonToEnd() == nil && others.reasonToEnd() == nil)
        second.withLock { $0 = 1_001 }
        #expect(mine.reasonToEnd()?.code == .unauthenticated)
        #expect(others.reasonToEnd() == nil)
    }

    @Test func whoListenedUnaskedIsThenAnonymous() throws {
        let core = core(nil)
        let mine = try standing(nil, core)
        #expect(mine.reasonToEnd() == nil)
        core.update(GatewayConfiguration(), access: try Self.access(keys, "- {allow: '*/*/*', principals: anonymous}"))
        #expect(mine.reasonToEnd() == nil)
        core.update(GatewayConfiguration(), access: try keys.access())
        #expect(mine.reasonToEnd()?.code == .unauthenticated)
    }

    @Test func oneOfTwoListenersIsToldAndCutOff() throws {
        let core = core(try Self.access(keys, Self.all))
        let source = SubscriptionKey(exchange: nil, topic: "t", priorities: [.info], pool: nil)
        let notifications = FakeNotificationDriver()
        let subscription = try SharedSubscription(source, on: notifications, replayedEvents: 8)
        subscription.start()
        let streams = try [keys.ci, keys.ops].enumerated().map { number, key in
            let test = TestStream()
            let stream = ListenerStream(
                id: number,
                filter: StreamFilter(),
                identity: RequestIdentity(given: nil),
                stream: test.stream,
                metrics: core.metrics,
                standing: try standing(key, core)
            )
            subscription.add(stream, after: nil)
            return test
        }
        let consumption = try #require(notifications.listeners.withLock { $0.first })
        consumption.deliver(1)
        subscription.tick(.now, heartbeat: .seconds(60))
        core.update(
            GatewayConfiguration(),
            access: try Self.access(keys, "- {deny: 't/*/*', principals: ci}\n" + Self.all)
        )
        subscription.tick(.now, heartbeat: .seconds(60))
        consumption.deliver(2)
        subscription.tick(.now, heartbeat: .seconds(60))
        let (cut, victim) = (streams[0].read(), streams[1].read())
        #expect(cut.isEnded && !victim.isEnded)
        #expect(cut.text.contains("id: 1\n") && !cut.text.contains("id: 2\n"))
        #expect(cut.text.ranges(of: "event: error").count == 1 && cut.text.contains(#""code":"forbidden""#))
        #expect(victim.text.contains("id: 1\n") && victim.text.contains("id: 2\n"))
        #expect(!victim.text.contains("error"))
    }
}
