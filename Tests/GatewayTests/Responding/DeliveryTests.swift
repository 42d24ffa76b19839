// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing
import Threads

@testable import Gateway

struct DeliveryTests {
    private let key = ("Idempotency-Key", "\"k1\"")
    private let later = ("Prefer", "respond-async")

    private func calls(_ driver: FakeDriver) -> Int { driver.seen.withLock { $0.calls.count } }

    @Test func theSameRequestIsExecutedOnceAndAnsweredAgain() throws {
        let driver = FakeDriver()
        let gateway = TestGateway(driver)
        let first = gateway.post("/t/s/m", "{\"a\":1.0}", [key])
        let second = gateway.post("/t/s/m", "{\"a\":1.0}", [key])
        #expect(calls(driver) == 1)
        #expect(try first.field("Idempotency-Replayed") == nil)
        #expect(try second.field("Idempotency-Replayed") == "true")
        #expect(try second.body() == "{\"a\":1.0}")
        #expect(try second.field("Rpc-Message-Id") == first.field("Rpc-Message-Id"))
        #expect(try second.field("X-Request-Id") == first.field("X-Request-Id"))
    }

    @Test func anotherRequestUnderTheKeyIsRefused() throws {
        let gateway = TestGateway(FakeDriver())
        gateway.post("/t/s/m", "{}", [key])
        for (path, body, fields) in [
            ("/t/s/n", "{}", []), ("/t/s/m", "{ }", []), ("/t/s/m?version=1.0", "{}", []),
            ("/t/s/m", "{}", [("Rpc-Context", "{}")]), ("/t/s/m", "{}", [later]),
        ] {
            let answer = gateway.post(path, body, [key] + fields)
            #expect(try answer.status() == 422)
            #expect(try answer.code() == "idempotency-key-reused")
        }
    }

    @Test func whileTheFirstRunsTheSecondHasToWait() throws {
        let driver = FakeDriver()
        driver.hold()
        let gateway = TestGateway(driver)
        let first = gateway.post("/t/s/m", "{}", [key])
        let second = gateway.post("/t/s/m", "{}", [key])
        #expect(try second.status() == 409)
        #expect(try second.field("Retry-After") == "1")
        driver.release()
        #expect(try first.status() == 200)
        #expect(try gateway.post("/t/s/m", "{}", [key]).status() == 200)
        #expect(calls(driver) == 1)
    }

    @Test func whatWasNotExecutedRunsAgain() throws {
        let driver = FakeDriver { _ in .failure(MessagingError(.undeliverable, "nobody")) }
        let gateway = TestGateway(driver)
        for _ in 0..<3 { #expect(try gateway.post("/t/s/m", "{}", [key]).status() == 503) }
        #expect(calls(driver) == 3)
        // A body that is refused leaves nothing under the key either.
        #expect(try gateway.post("/t/s/m", "[", [key]).status() == 400)
        #expect(try gateway.post("/t/s/m", "{}", [key]).status() == 503)
        #expect(gateway.gateway.deliveries.keyCount == 0)
    }

    @Test func whatMayHaveRunIsNotExecutedAgain() throws {
        let driver = FakeDriver { _ in .failure(MessagingError(.timeout, "late", execution: .maybe, stage: .reply)) }
        let gateway = TestGateway(driver)
        for _ in 0..<2 { #expect(try gateway.post("/t/s/m", "{}", [key]).status() == 504) }
        #expect(calls(driver) == 1)
    }

    @Test(arguments: ["/t/s/m:cast", "/t/*/m:gather", "/-/amqp/x/y", "/-/amqp/x/y:cast", "/-/jsonrpc"])
    func keysCountForEverythingThatSends(_ path: String) throws {
        let driver = FakeDriver()
        let gateway = TestGateway(driver)
        let body = #"{"jsonrpc":"2.0","method":"t/m","id":1}"#
        let first = gateway.post(path, body, [key])
        let second = gateway.post(path, body, [key])
        #expect(try second.field("Idempotency-Replayed") == "true")
        #expect(try second.status() == first.status())
        let sent = driver.seen.withLock { seen in
            seen.calls.count + seen.casts.count + seen.gatherings.count + seen.plain.count + seen.sent.count
        }
        #expect(sent == 1)
    }

    @Test func aWrongKeyIsRefused() throws {
        #expect(
            try TestGateway(FakeDriver()).post("/t/s/m", "{}", [("Idempotency-Key", "\"")]).code() == "invalid-request"
        )
    }

    private func begin(_ gateway: TestGateway, _ fields: [(String, String)] = []) throws -> String {
        let begun = gateway.post("/t/s/m", "{\"a\":1}", [later] + fields)
        #expect(try begun.status() == 202)
        #expect(try begun.field("Preference-Applied") == "respond-async")
        return try #require(try begun.field("Location"))
    }

    @Test func anOperationEndsInTheAnswerTheCallWouldHaveHad() throws {
        let driver = FakeDriver()
        driver.hold()
        let gateway = TestGateway(driver)
        let path = try begin(gateway)
        let running = gateway.send("GET", path)
        #expect(try running.status() == 202)
        #expect(try running.field("Retry-After") == "1")
        #expect(try running.field("Rpc-Operation") == "running")
        driver.release()
        for _ in 0..<2 {
            let done = gateway.send("GET", path)
            #expect(try done.status() == 200)
            #expect(try done.body() == "{\"a\":1}")
            #expect(try done.field("Content-Type") == "application/json")
            #expect(try done.field("Rpc-Operation") == "done")
            #expect(try done.field("Rpc-Message-Id") != nil)
        }
        #expect(try gateway.send("DELETE", path).status() == 204)
        #expect(try gateway.send("GET", path).code() == "operation-gone")
        #expect(try gateway.send("DELETE", path).status() == 410)
    }

    @Test func anOperationCanEndInAProblem() throws {
        let driver = FakeDriver { _ in .failure(MessagingError(.noConsumers, "nobody")) }
        let gateway = TestGateway(driver)
        let done = gateway.send("GET", try begin(gateway))
        #expect(try done.status() == 503)
        #expect(try done.code() == "no-consumers")
        #expect(try done.field("Rpc-Operation") == "done")
    }

    @Test func aRequestThatIsRefusedBeginsNoOperation() throws {
        let gateway = TestGateway(FakeDriver())
        #expect(try gateway.post("/t/s/m", "[", [later]).status() == 400)
        #expect(try gateway.post("/t/s/_m", "{}", [later]).status() == 403)
    }

    @Test func whoeverWaitsIsToldAtTheEnd() throws {
        let driver = FakeDriver()
        driver.hold()
        let gateway = TestGateway(driver)
        let path = try begin(gateway)
        let waiting = gateway.send("GET", path, [("Prefer", "wait=50")])
        #expect(!waiting.isThere)
        driver.release()
        #expect(try waiting.status() == 200)
        gateway.gateway.beginGracefulShutdown()
    }

    @Test func whoeverWaitsIsToldOfTheShutdown() throws {
        let driver = FakeDriver()
        driver.hold()
        let gateway = TestGateway(driver)
        let path = try begin(gateway)
        let waiting = gateway.send("GET", path, [("Prefer", "wait=50")])
        gateway.gateway.beginGracefulShutdown()
        #expect(try waiting.field("Rpc-Operation") == "running")
        #expect(try gateway.send("GET", path, [("Prefer", "wait=50")]).status() == 202)
        driver.release()
        #expect(try gateway.send("GET", path).status() == 200)
    }

    @Test func whoeverWaitsIsToldOfTheDeletion() throws {
        let driver = FakeDriver()
        driver.hold()
        let gateway = TestGateway(driver)
        let path = try begin(gateway)
        let waiting = gateway.send("GET", path, [("Prefer", "wait=50")])
        #expect(try gateway.send("DELETE", path).status() == 204)
        #expect(try waiting.status() == 410)
        driver.release()
        #expect(try gateway.send("GET", path).status() == 410)
        gateway.gateway.beginGracefulShutdown()
    }

    @Test(arguments: ["x", "0123456789abcdef0123456789abcdef", "7f0e2a4b9c1d4e6f8a0b1c2d3e4f5a6b", "%2e"])
    func whatNeverWasIsNotFound(_ id: String) throws {
        for method in ["GET", "HEAD", "DELETE"] {
            let status = try TestGateway(FakeDriver()).send(method, "/-/operations/\(id)").status()
            #expect(status == (id == "%2e" ? 400 : 404))
        }
    }

    @Test func runningOperationsAreBounded() throws {
        let driver = FakeDriver()
        driver.hold()
        let gateway = TestGateway(driver) { $0.maximumOperations = 3 }
        for _ in 0..<2 { _ = try begin(gateway) }
        let refused = gateway.post("/t/s/m", "{}", [later])
        #expect(try refused.status() == 503)
        #expect(try refused.code() == "overloaded")
        #expect(calls(driver) == 2)
        driver.release()
        // Answers that are kept take places too.
        let full = gateway.post("/t/s/m", "{}", [later])
        #expect(try full.code() == "overloaded")
        #expect(try full.field("Retry-After") == "300")
    }

    @Test func whereThereIsNoPlaceForAKeyNothingRuns() throws {
        let driver = FakeDriver()
        let gateway = TestGateway(driver) { $0.maximumIdempotencyKeys = 1 }
        #expect(try gateway.post("/t/s/m", "{}", [key]).status() == 200)
        let refused = gateway.post("/t/s/m", "{}", [("Idempotency-Key", "another")])
        #expect(try refused.status() == 503)
        #expect(try refused.code() == "overloaded")
        #expect(try refused.field("Retry-After") == "86400")
        #expect(try gateway.post("/t/s/m", "{}", [key]).field("Idempotency-Replayed") == "true")
        #expect(calls(driver) == 1)
    }

    @Test func anAnswerThatIsNotKeptIsToldAsItWas() throws {
        let timeout = MessagingError(.timeout, "late", execution: .maybe, stage: .reply)
        for (driver, executed) in [(FakeDriver(), "yes"), (FakeDriver { _ in .failure(timeout) }, "maybe")] {
            let gateway = TestGateway(driver) { $0.maximumIdempotencyBytes = 1 }
            gateway.post("/t/s/m", "{}", [key])
            let again = gateway.post("/t/s/m", "{}", [key])
            #expect(try again.status() == 410)
            #expect(try again.code() == "answer-gone")
            #expect(try again.body().contains("\"executed\":\"\(executed)\""))
            #expect(calls(driver) == 1)
        }
    }

    @Test func aKeyedOperationIsBegunOnce() throws {
        let driver = FakeDriver()
        driver.hold()
        let gateway = TestGateway(driver)
        let path = try begin(gateway, [key])
        let again = gateway.post("/t/s/m", "{\"a\":1}", [later, key])
        #expect(try again.field("Location") == path)
        #expect(try again.field("Idempotency-Replayed") == "true")
        driver.release()
        #expect(calls(driver) == 1)
        #expect(try gateway.send("GET", path).status() == 200)
    }

    @Test func aKeyedOperationThatWasNotExecutedCanBeBegunAgain() throws {
        let driver = FakeDriver { _ in .failure(MessagingError(.undeliverable, "nobody")) }
        let gateway = TestGateway(driver)
        let first = try begin(gateway, [key])
        let second = try begin(gateway, [key])
        #expect(first != second)
        #expect(calls(driver) == 2)
    }
}
