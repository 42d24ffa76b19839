// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Gateway

struct RouterTests {
    private func rpc(_ path: String) throws -> RPCRoute {
        guard case .rpc(let route) = try Router.route(Array(path.utf8)) else {
            throw Problem.notFound("not a call: \(path)")
        }
        return route
    }

    private func failure(_ path: String) -> Problem? {
        do throws(Problem) {
            _ = try Router.route(Array(path.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test func threeSegmentsNameTopicServerAndMethod() throws {
        #expect(try rpc("/nova/cn1/reboot") == RPCRoute(topic: "nova", server: "cn1", method: "reboot", verb: .call))
    }

    @Test(arguments: ["/nova/-/reboot", "/nova/reboot", "/nova/%2D/reboot"])
    func aDashOrTwoSegmentsMeanAnyServer(_ path: String) throws {
        #expect(try rpc(path) == RPCRoute(topic: "nova", server: nil, method: "reboot", verb: .call))
    }

    @Test(arguments: ["/nova/*/reboot:cast", "/nova/%2A/reboot:cast", "/nova/%2a/reboot%3Acast"])
    func aStarMeansEveryServer(_ path: String) throws {
        let expected = RPCRoute(topic: "nova", server: nil, isFanout: true, method: "reboot", verb: .cast)
        #expect(try rpc(path) == expected)
    }

    @Test(arguments: [4, 8, 9, 20_000]) func moreThanThreeSegmentsAreNoCall(_ count: Int) {
        for first in ["/a", "/-"] {
            #expect(failure(first + String(repeating: "/a", count: count - 1))?.code == .notFound)
        }
    }

    @Test func segmentsAreSplitFirstAndDecodedOnce() throws {
        #expect(try rpc("/a%2Fb/c%252Fd/m").topic == "a/b")
        #expect(try rpc("/a%2Fb/c%252Fd/m").server == "c%2Fd")
    }

    @Test(arguments: ["größe", "größe".utf8.map { "%" + String($0, radix: 16) }.joined(), "名前", "a_1", "A"])
    func methodsAreIdentifiersAsPythonHasThem(_ method: String) throws {
        #expect(try !rpc("/t/s/\(method)").method.isEmpty)
    }

    @Test(arguments: [
        ("/t/s/1a", 400, "invalid-request"), ("/t/s/a-b", 400, "invalid-request"), ("/t/s/a.b", 400, "invalid-request"),
        ("/t/s/", 400, "invalid-request"), ("//s/m", 400, "invalid-request"), ("/t//m", 400, "invalid-request"),
        ("/t/../m", 400, "invalid-request"), ("/t/./m", 400, "invalid-request"),
        ("/t/%2e%2e/m", 400, "invalid-request"), ("/t/%00/m", 400, "invalid-request"),
        ("/t/%0a/m", 400, "invalid-request"), ("/t/%7f/m", 400, "invalid-request"),
        ("/t/%ff/m", 400, "invalid-request"),
        ("/t/%c0%af/m", 400, "invalid-request"), ("/t/%zz/m", 400, "invalid-request"),
        ("/t/%4/m", 400, "invalid-request"),
        ("/t/s/m:", 400, "invalid-request"), ("/t/s/m:now", 400, "invalid-request"),
        ("/t/s/m:cast:cast", 400, "invalid-request"),
        ("/t/s/:cast", 400, "invalid-request"), ("/t/*/m", 400, "invalid-target"), ("/*/m", 400, "invalid-target"),
        ("/t/s/_%CC%81x", 403, "private-method"), ("/t/_%CC%81x:cast", 403, "private-method"),
        ("/t/s/m:cast%CC%81", 400, "invalid-request"), ("/t/s/m:%CC%81cast", 400, "invalid-request"),
        ("/t/s/_m", 403, "private-method"), ("/t/__init__:cast", 403, "private-method"),
        ("/t", 404, "http-404"), ("/a/b/c/d", 404, "http-404"), ("/-/nothing", 404, "http-404"),
        ("/-/health", 404, "http-404"), ("/-", 404, "http-404"),
    ])
    func refusesOtherPaths(_ path: String, _ status: Int, _ code: String) {
        let problem = failure(path)
        #expect(problem?.status == status, "\(path)")
        #expect(problem?.code.rawValue == code, "\(path)")
    }

    @Test(arguments: [
        ("/healthz", "/-/healthy"), ("/livez", "/-/healthy"), ("/readyz", "/-/ready"), ("/metrics", "/-/metrics"),
        ("/-/healthy", "/-/healthy"), ("/-/health/t", "/-/health/{topic}"), ("/-/info", "/-/info"),
        ("/-/health/t/s", "/-/health/{topic}/{server}"), ("/-/openapi.json", "/-/openapi.json"), ("/", "/"),
        ("/-/log-level", "/-/log-level"), ("/-/in-flight", "/-/in-flight"), ("/-/in%2Dflight", "/-/in-flight"),
    ])
    func knowsTheOtherPaths(_ path: String, _ template: String) throws {
        #expect(try Router.route(Array(path.utf8)).template == template)
    }

    @Test func repliesAreGatheredFromEveryServerOnly() throws {
        let expected = RPCRoute(topic: "nova", server: nil, isFanout: true, method: "ping", verb: .gather)
        #expect(try rpc("/nova/*/ping:gather") == expected)
        #expect(failure("/nova/cn1/ping:gather")?.code == .invalidTarget)
        #expect(failure("/nova/-/ping:gather")?.code == .invalidTarget)
        #expect(failure("/nova/ping:gather")?.code == .invalidTarget)
    }

    @Test func theWayToTheGatewaysOwnPathsIsAsItIsWritten() throws {
        #expect(try rpc("/%2D/info").topic == "-")
        guard case .page(.info) = try route("/-/info") else {
            Issue.record("no page")
            return
        }
    }

    private func route(_ path: String) throws -> Route { try Router.route(Array(path.utf8)) }

    @Test(arguments: [
        ("/-/amqp/-/rpc_queue", "-", "rpc_queue", false), ("/-/amqp/a%2Fb/c%2fd:cast", "a/b", "c/d", true),
        ("/-/amqp/x/a:b", "x", "a:b", false), ("/-/amqp/x/a:b:cast", "x", "a:b", true),
        ("/-/amqp/%2D/q%3Acast", "-", "q", true), ("/-/amqp/x/q%D8%80:cast", "x", "q\u{600}", true),
        ("/-/amqp/x/q:cast%CC%81", "x", "q:cast\u{301}", false),
    ])
    func plainAMQPNamesAnExchangeAndARoutingKey(_ path: String, _ exchange: String, _ key: String, _ isCast: Bool)
        throws
    {
        guard case .plain(let plain) = try route(path) else { return #expect(Bool(false), "\(path)") }
        #expect((plain.exchange, plain.routingKey, plain.isCast) == (exchange, key, isCast))
    }

    @Test(arguments: [
        ("/-/jsonrpc", "/-/jsonrpc", "POST, OPTIONS"),
        ("/-/amqp/a/b", "/-/amqp/{exchange}/{routing_key}", "POST, OPTIONS"),
        ("/-/operations/x", "/-/operations/{id}", "GET, HEAD, DELETE, OPTIONS"),
        ("/-/notifications/t", "/-/notifications/{topic}", "GET, OPTIONS"),
        ("/-/notifications/t/a.b", "/-/notifications/{topic}/{event_type}", "POST, OPTIONS"),
        ("/t/*/m:gather", "/{topic}/*/{method}:gather", "POST, OPTIONS"), ("/-/info", "/-/info", "GET, HEAD, OPTIONS"),
    ])
    func eachPathHasItsTemplateAndMethods(_ path: String, _ template: String, _ allow: String) throws {
        let route = try route(path)
        #expect(route.template == template)
        #expect(route.allow == allow)
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "get"] {
            #expect(route.takes(method) == allow.split(separator: ", ").contains(Substring(method)))
        }
    }

    @Test(arguments: [
        "/-/amqp/x", "/-/amqp/a/b/c", "/-/operations", "/-/operations/a/b", "/-/notifications", "/-/jsonrpc/x",
    ])
    func otherPathsAreNotFound(_ path: String) {
        #expect(failure(path)?.status == 404)
    }
}
