// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing
import Threads

@testable import Gateway

struct GatheringTests {
    private let failure = RemoteError(module: "builtins", className: "ValueError", message: "bad\nnews")

    private func driver() throws -> FakeDriver {
        FakeDriver(replies: [
            .success(try JSONText("[1.0, 12345678901234567890]")), .failure(failure),
            .success(try JSONText("{\n\"a\": 1}")),
        ])
    }

    @Test func theRepliesAreAnArrayWithEachResultAsItCame() throws {
        let driver = try driver()
        let answer = TestGateway(driver).post("/t/*/m:gather?min=3&version=1.1", "{\"a\": 1.0}")
        let expected = """
            [{"result":[1.0, 12345678901234567890]},\
            {"exception":{"module":"builtins","class":"ValueError","message":"bad\\nnews","args":[],"kwargs":{}}},\
            {"result":{\n"a": 1}}]
            """
        #expect(try answer.body() == expected)
        #expect(try answer.status() == 200)
        #expect(try answer.field("Content-Type") == "application/json")
        #expect(try answer.field("Rpc-Replies") == "3")
        #expect(try answer.field("Rpc-Replies-Complete") == "true")
        let asked = try #require(driver.seen.withLock { $0.gatherings.first })
        #expect(asked.minimum == 3)
        #expect(asked.request.target == Target(topic: "t", version: "1.1", isFanout: true))
        #expect(asked.request.arguments.string == "{\"a\": 1.0}")
    }

    @Test(arguments: [
        ("application/x-ndjson", true), ("application/json, Application/X-NDJSON;q=0.5", true), ("*/*", false),
        ("application/x-ndjson;q=0", false), ("application/x-ndjson; q=0.000", false), ("text/x-ndjson", false),
        ("", false),
    ])
    func linesWhereTheyAreAskedFor(_ accept: String, _ areLines: Bool) throws {
        let answer = TestGateway(try driver()).post("/t/*/m:gather", "{}", [("Accept", accept)])
        #expect(try answer.field("Content-Type") == (areLines ? "application/x-ndjson" : "application/json"))
        guard areLines else { return }
        let lines = try answer.body().split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.last == #"{"result":{ "a": 1}}"#)
    }

    @Test func nobodysReplyIsAnEmptyArray() throws {
        let answer = TestGateway(FakeDriver()).post("/t/*/m:gather", "", [("Rpc-Timeout", "1")])
        #expect(try answer.status() == 200)
        #expect(try answer.body() == "[]")
        #expect(try answer.field("Rpc-Replies-Complete") == "false")
    }

    @Test(arguments: ["0", "-1", "", "x", "1.5", "99999999999999999999", "+1"])
    func aWrongMinimumIsNamed(_ minimum: String) throws {
        let answer = TestGateway(try driver()).post("/t/*/m:gather?min=\(minimum)")
        #expect(try answer.status() == 400)
        #expect(try answer.body().contains("query: min is"))
    }

    @Test func onlyGatheringTakesAMinimum() throws {
        #expect(try TestGateway(try driver()).post("/t/s/m?min=1").code() == "invalid-request")
    }

    @Test func safeExposureHidesTheTextsOfExceptions() throws {
        let answer = TestGateway(try driver()) { $0.exposure = .safe }.post("/t/*/m:gather")
        #expect(try answer.body().contains(#"{"exception":{"module":"builtins","class":"ValueError"}}"#))
    }

    @Test func aFailureIsAProblem() throws {
        let driver = FakeDriver { _ in .failure(MessagingError(.undeliverable, "no queue", stage: .publish)) }
        let answer = TestGateway(driver).post("/t/*/m:gather")
        #expect(try answer.status() == 503)
        #expect(try answer.code() == "undeliverable")
        #expect(try answer.body().contains(#""server":"*""#))
    }

    @Test func aTransportThatCannotSaysSo() throws {
        let gateway = TestGateway(PoorDriver())
        #expect(try gateway.post("/t/*/m:gather").status() == 501)
        #expect(gateway.gateway.inFlight == 0)
    }
}
