// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing
import Threads

@testable import Gateway

struct JSONRPCBatchTests {
    private func entry(_ id: Int, _ method: String = "t/m") -> String {
        #"{"jsonrpc":"2.0","method":"\#(method)","params":{"n":\#(id)},"id":\#(id)}"#
    }

    private func batch(_ count: Int) -> String { "[" + (0..<count).map { entry($0) }.joined(separator: ",") + "]" }

    private func expected(_ ids: Range<Int>) -> String {
        "[" + ids.map { #"{"jsonrpc":"2.0","result":{"n":\#($0)},"id":\#($0)}"# }.joined(separator: ",") + "]"
    }

    @Test func theAnswersAreInTheOrderOfTheRequests() throws {
        #expect(try TestGateway(FakeDriver()).post("/-/jsonrpc", batch(1_000)).body() == expected(0..<1_000))
    }

    @Test func aBoundedNumberRunsAtATime() throws {
        let driver = FakeDriver()
        driver.hold()
        let gateway = TestGateway(driver)
        let answer = gateway.post("/-/jsonrpc", batch(100))
        #expect(driver.seen.withLock { $0.running } == 16)
        #expect(gateway.gateway.inFlight == 16)
        driver.release(5)
        #expect(driver.seen.withLock { $0.calls.count } == 21)
        while !answer.isThere { driver.release(3) }
        #expect(driver.seen.withLock { $0.mostRunning } == 16)
        #expect(try answer.body() == expected(0..<100))
        #expect(gateway.gateway.inFlight == 0)
    }

    @Test func tooManyEntriesAreOneError() throws {
        let driver = FakeDriver()
        let body = try TestGateway(driver).post("/-/jsonrpc", batch(1_001)).body()
        #expect(body.hasPrefix(#"{"jsonrpc":"2.0","error":{"code":-32600,"#))
        #expect(driver.seen.withLock { $0.calls.isEmpty })
    }

    @Test func millionsOfEntriesAreRefusedWithoutTakingThemOut() throws {
        let body = "[" + String(repeating: "1,", count: 4_000_000) + "1]"
        #expect(try TestGateway(FakeDriver()).post("/-/jsonrpc", body).body().contains("-32600"))
    }

    @Test func wrongAndSilentEntriesAreAmongTheRest() throws {
        let driver = FakeDriver()
        let body = """
            [\(entry(1)), 1, {"foo": "boo"}, {"jsonrpc":"2.0","method":"t/n"}, \(entry(2, "foo.get")), \(entry(3))]
            """
        let answer = try TestGateway(driver).post("/-/jsonrpc", body).body()
        let responses = try #require(try JSONText(answer).elements)
        let ids = responses.map { $0.members?.last?.value.string }
        #expect(ids == ["1", "null", "null", "2", "3"])
        #expect(responses.map { $0.string.contains("error") } == [false, true, true, true, false])
        #expect(driver.seen.withLock { $0.casts.count } == 1)
    }

    @Test func onlyNotificationsSayNothing() throws {
        let body = #"[{"jsonrpc":"2.0","method":"t/m"},{"jsonrpc":"2.0","method":"x"}]"#
        let answer = TestGateway(FakeDriver()).post("/-/jsonrpc", body)
        #expect(try answer.status() == 204)
        #expect(try answer.field("Content-Type") == nil)
    }

    @Test func eachEntryCountsAgainstTheLimitInFlight() throws {
        let driver = FakeDriver()
        driver.hold()
        let gateway = TestGateway(driver) { $0.maximumInFlight = 2 }
        let answer = gateway.post("/-/jsonrpc", batch(4))
        driver.release()
        let responses = try #require(try JSONText(answer.body()).elements)
        let codes = responses.map { $0.string.contains("-32011") }
        #expect(codes == [false, false, true, true])
        #expect(gateway.gateway.inFlight == 0)
    }

    @Test func theAnswersTogetherAreBounded() throws {
        let driver = FakeDriver { _ in .success(JSONText(string: String(repeating: "x", count: 1_000))) }
        let gateway = TestGateway(driver) {
            $0.maximumBatchResponseBytes = 2_500
            $0.batchParallelism = 1
        }
        let responses = try #require(try JSONText(gateway.post("/-/jsonrpc", batch(6)).body()).elements)
        let codes = responses.map { text in [-32010, -32011].first { text.string.contains("\($0)") } ?? 0 }
        #expect(codes == [0, 0, -32010, -32011, -32011, -32011])
        #expect(driver.seen.withLock { $0.calls.count } == 3)
    }

    @Test func theWholeBatchSharesItsDeadline() throws {
        let driver = FakeDriver()
        _ = TestGateway(driver).post("/-/jsonrpc", batch(40), [("Rpc-Timeout", "3")])
        let deadlines = driver.seen.withLock { Set($0.calls.map(\.deadline)) }
        #expect(deadlines.count == 1)
    }

    @Test(arguments: [("text/plain", 415), ("application/json; charset=utf-8", 200)])
    func theBodyIsJSONByItsType(_ type: String, _ status: Int) throws {
        let answer = TestGateway(FakeDriver()).send(
            "POST",
            "/-/jsonrpc",
            [("Content-Type", type)],
            Array(batch(1).utf8)
        )
        #expect(try answer.status() == status)
    }

    @Test func aGatewayThatDrainsRefuses() throws {
        let gateway = TestGateway(FakeDriver())
        gateway.gateway.beginGracefulShutdown()
        #expect(try gateway.post("/-/jsonrpc", batch(1)).code() == "draining")
    }

    @Test(arguments: [1, 2, 16, 1_000])
    func theQueueBeginsEachEntryOnce(_ parallelism: Int) {
        var queue = BatchQueue(count: 100, parallelism: parallelism)
        var begun: [Int] = []
        var isOver = false
        while !isOver {
            while let index = queue.next() { begun.append(index) }
            isOver = queue.end()
        }
        #expect(begun == Array(0..<100))
        let after = queue.next()
        #expect(after == nil)
    }
}
