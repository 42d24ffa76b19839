// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing
import Threads

@testable import Gateway
@testable import HTTPServer

/// Requests whose names only look alike are different requests.
struct RequestNamesTests {
    private func encoded(_ text: String) -> String {
        text.utf8.map { "%" + (($0 < 16 ? "0" : "") + String($0, radix: 16)) }.joined()
    }

    @Test(arguments: LookAlikes.pairs)
    func pings(_ one: String, _ other: String) throws {
        let driver = FakeDriver { request in
            let isServed = request.target.topic.map { $0.utf8.elementsEqual(one.utf8) } ?? false
            return isServed ? .success(.null) : .failure(MessagingError(.undeliverable, "nobody"))
        }
        let gateway = TestGateway(driver)
        #expect(try [one, other].map { try ping($0, at: gateway) } == [200, 503])
        #expect(driver.seen.withLock { $0.calls.count } == 2)
        for name in [one, other] { _ = try ping("t", at: gateway, "&exchange=\(encoded(name))") }
        #expect(driver.seen.withLock { $0.calls.count } == 4)
    }

    /// The status of the answer to a ping, which has to be there.
    private func ping(_ topic: String, at gateway: TestGateway, _ query: String = "") throws -> Int {
        try gateway.send("GET", "/-/health/\(encoded(topic))?deep=1\(query)").status()
    }

    @Test(arguments: LookAlikes.pairs)
    func fingerprints(_ one: String, _ other: String) {
        let prints = [one, other].flatMap { name in
            [("POST", "/t/m", name), ("POST", "/t/\(name)", ""), (name, "/t/m", "")].map { method, path, body in
                let head = RequestHead(method: method, path: Array(path.utf8))
                return RequestFingerprint(HTTPRequest(head: head, body: Array(body.utf8)), isLater: false)
            }
        }
        #expect(Set(prints).count == 6)
    }

    @Test(arguments: LookAlikes.pairs)
    func jsonRPC(_ one: String, _ other: String) throws {
        let driver = FakeDriver { request in .success(JSONText(string: request.method)) }
        let entries = [one, other].map { name in
            let text = JSONText(string: name).string
            return #"{"jsonrpc":"2.0","method":\#(JSONText(string: "t/\(name)").string),"id":\#(text)}"#
        }
        let answer = TestGateway(driver).post("/-/jsonrpc", "[\(entries.joined(separator: ","))]")
        let members = try JSONText(answer.body()).elements?.map { $0.members ?? [] } ?? []
        let results = members.map { entry in entry.first { $0.key == "result" }?.value }
        let ids = members.map { entry in entry.first { $0.key == "id" }?.value }
        #expect(results == [one, other].map { JSONText(string: $0) } && ids == results)
    }

    @Test func membersOfJSONRPCAreThoseOfTheirBytes() throws {
        let text = #"{"jsonrpc":"2.0","method":"t/m","method\#u{301}":"t/other","id":1}"#
        let entry = try JSONRPCEntry(try JSONText(text))
        #expect(entry.method == "t/m")
    }

    @Test(arguments: ["application/json\u{301}", "\u{600}application/json"])
    func aProbeSeesItsFormWhateverIsAround(_ accept: String) throws {
        let head = RequestHead(
            method: "GET",
            path: [],
            query: nil,
            fields: RequestFields([(name: "Accept", value: accept)])
        )
        let response = try HealthForm(head).good("well", members: [], RequestIdentity(given: nil))
        #expect(response.fields.contains { $0.name == "Content-Type" && $0.value == "application/json" })
    }

    @Test(arguments: [
        ("application/x-ndjson,\u{301}", true), ("\u{600},application/x-ndjson", true),
        ("application/x-ndjson;\u{301},text/plain", true), ("application/x-ndjson\u{301}", false),
        ("application/x-ndjson;q=0", false),
    ])
    func gatheringSplitsAtCommasWhateverFollows(_ accept: String, _ isLines: Bool) {
        let form = GatherForm(RequestFields([(name: "Accept", value: accept)]))
        #expect((form == .lines) == isLines)
    }
}
