// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import HTTPServer
import Logging
import Testing
import Threads

@testable import Gateway

struct AdministrationTests {
    private static let json = [("Content-Type", "application/json")]

    /// A gateway whose level of the log is in the box.
    private func gateway(
        _ level: Guarded<Logger.Level>,
        access: AccessControl? = nil,
        isSeparate: Bool = true,
        isLocal: Bool = true
    ) -> TestGateway {
        let administration = Administration(
            isSeparate: isSeparate,
            isLocal: isLocal,
            logLevel: { level.withLock { $0 } },
            setLogLevel: { new in level.withLock { $0 = new } }
        )
        return TestGateway(FakeDriver(), access: access, administration: administration)
    }

    @Test(arguments: [
        ("/t/s/m", true, false), ("/t/s/m:cast", true, false), ("/-/amqp/-/q", true, false),
        ("/-/jsonrpc", true, false),
        ("/-/notifications/t", true, false), ("/-/notifications/t/e", true, false), ("/-/operations/1", true, false),
        ("/healthz", true, true), ("/readyz", true, true), ("/-/health/t", true, true), ("/", true, true),
        ("/-/openapi.yaml", true, true),
        ("/metrics", false, true), ("/-/metrics", false, true), ("/-/info", false, true), ("/-/log-level", false, true),
        ("/-/in-flight", false, true),
    ])
    func eachPathIsServedWhereItBelongs(_ path: String, _ isOrdinary: Bool, _ isAdministrative: Bool) throws {
        let route = try Router.route(Array(path.utf8))
        #expect(route.isServed(at: .ordinary, isSeparate: true) == isOrdinary)
        #expect(route.isServed(at: .administrative, isSeparate: true) == isAdministrative)
        #expect(route.isServed(at: .ordinary, isSeparate: false))
    }

    @Test func nothingIsSentFromThere() throws {
        let gateway = self.gateway(Guarded(.notice))
        // The second time the path has a plan.
        for _ in 0..<2 {
            #expect(try gateway.send("POST", "/t/s/m", Self.json, Array("{}".utf8)).status() == 200)
            let answer = gateway.send("POST", "/t/s/m", Self.json, Array("{}".utf8), by: .administrative)
            #expect(try answer.code() == "http-404")
        }
        #expect(try gateway.send("GET", "/metrics").code() == "http-404")
        #expect(try gateway.send("GET", "/metrics", by: .administrative).status() == 200)
    }

    @Test func metricsAreUrgentWhereTheyAreServed() {
        let gateway = self.gateway(Guarded(.notice)).gateway
        let head = { (path: String, entrance: Entrance) in
            RequestHead(method: "GET", path: Array(path.utf8), entrance: entrance)
        }
        #expect(gateway.isUrgent(head("/healthz", .ordinary)) && gateway.isUrgent(head("/metrics", .administrative)))
        #expect(!gateway.isUrgent(head("/metrics", .ordinary)))
        #expect(TestGateway(FakeDriver()).gateway.isUrgent(head("/metrics", .ordinary)))
    }

    @Test func theLevelOfTheLogIsShownAndSet() throws {
        let level = Guarded(Logger.Level.notice)
        let gateway = self.gateway(level)
        #expect(try gateway.send("GET", "/-/log-level", by: .administrative).body() == #"{"level":"notice"}"#)
        let body = Array(#"{"level": "trace"}"#.utf8)
        let answer = gateway.send("PUT", "/-/log-level", Self.json, body, by: .administrative)
        #expect(try answer.body() == #"{"level":"trace"}"#)
        #expect(level.withLock { $0 } == .trace)
        for wrong in ["", "{}", "[]", #"{"level": "Trace"}"#, #"{"level": 1}"#, #"{"level": "debug", "a": 1}"#] {
            let answer = gateway.send("PUT", "/-/log-level", Self.json, Array(wrong.utf8), by: .administrative)
            #expect(try answer.code() == "invalid-request", "\(wrong)")
        }
        let form = [("Content-Type", "text/plain")]
        #expect(try gateway.send("PUT", "/-/log-level", form, body, by: .administrative).status() == 415)
        #expect(level.withLock { $0 } == .trace)
    }

    @Test func onlyTheKnownAdministerFromElsewhere() throws {
        let keys = try TestKeys()
        let key = [TestKeys.bearer(keys.ops)]
        let guarded = try keys.access()
        let cases: [(AccessControl?, Bool, [(String, String)], Int)] = [
            (nil, true, [], 200), (nil, false, [], 403), (.open, false, [], 403), (.open, true, [], 200),
            (guarded, true, [], 401), (guarded, false, [], 401), (guarded, false, key, 200), (guarded, true, key, 200),
        ]
        for (access, isLocal, fields, status) in cases {
            let gateway = self.gateway(Guarded(.notice), access: access, isLocal: isLocal)
            #expect(try gateway.send("GET", "/-/log-level", fields, by: .administrative).status() == status)
        }
        // At the listeners for everybody, where there are no others, the same as from elsewhere.
        #expect(try gateway(Guarded(.notice), isSeparate: false).send("GET", "/-/log-level").status() == 403)
        let known = gateway(Guarded(.notice), access: guarded, isSeparate: false)
        #expect(try known.send("GET", "/-/log-level", key).status() == 200)
    }

    @Test func theListEndsWithTheLastLoopOrWithPatience() {
        let done = Guarded<[Bool]>([])
        let survey = { Survey { _, isComplete in done.withLock { $0.append(isComplete) } } }
        let early = survey()
        early.take([])
        early.take([])
        #expect(done.withLock { $0 } == [])
        early.expect(2)
        early.end()
        #expect(done.withLock { $0 } == [true])
        let stuck = survey()
        stuck.expect(2)
        stuck.take([])
        stuck.end()
        stuck.take([])
        #expect(done.withLock { $0 } == [true, false])
        survey().expect(0)
        #expect(done.withLock { $0 } == [true, false, true])
    }
}
