// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing

@testable import Gateway

struct RefusalTests {
    private func target(_ answer: PendingAnswer) throws -> String? {
        try JSONText(answer.body()).members?.first { $0.key == "target" }?.value.string
    }

    @Test func aRefusedCallTellsItsTarget() throws {
        let gateway = TestGateway(FakeDriver())
        let all = #"{"exchange":"e","topic":"t","server":"s","method":"_m","namespace":"n","version":"1.0"}"#
        let refused = gateway.post("/t/s/_m?exchange=e&namespace=n&version=1.0")
        #expect(try refused.code() == "private-method")
        #expect(try target(refused) == all)
        let few = #"{"exchange":"openstack","topic":"t","server":null,"method":"m","namespace":null,"version":null}"#
        for answer in [
            gateway.post("/t/m", "["), gateway.post("/t/m", "{}", [("Rpc-Timeout", "0")]),
            gateway.send("POST", "/t/m", [("Content-Type", "text/plain")], [0x78]),
        ] { #expect(try target(answer) == few) }
        #expect(try target(gateway.post("/t/*/m:cast", "[")) == few.replacing("null,\"method", "\"*\",\"method"))
    }

    @Test(arguments: ["/t/s/m?other=1", "/t/s/m-m", "/t", "/-/nothing", "/%ff/s/m"])
    func whereNoneIsKnownNoneIsTold(_ path: String) throws {
        let answer = TestGateway(FakeDriver()).post(path)
        #expect(try answer.status() >= 400)
        #expect(try target(answer) == nil)
    }

    @Test(arguments: ["/t/s/m", "/-/jsonrpc", "/-/amqp/e/k"])
    func theAnswerToHeadHasTheLengthOfTheOneToGet(_ path: String) throws {
        let gateway = TestGateway(FakeDriver())
        let identity = [("X-Request-Id", "same")]
        let (get, head) = (gateway.send("GET", path, identity), gateway.send("HEAD", path, identity))
        #expect(try head.status() == 405 && head.get().body.count == get.get().body.count)
    }

    @Test func whereGetIsAStreamHeadTellsNoLength() throws {
        let head = try TestGateway(FakeDriver()).send("HEAD", "/-/notifications/t").get()
        #expect(head.status == 405 && head.body.isEmpty)
    }
}

extension String {
    /// The text with the only occurrence of a part replaced.
    fileprivate func replacing(_ part: String, _ other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
