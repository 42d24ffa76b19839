// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing
import Threads

@testable import Gateway

struct JSONRPCTests {
    private func post(_ body: String, _ driver: FakeDriver = FakeDriver()) throws -> String {
        let answer = TestGateway(driver).post("/-/jsonrpc", body)
        #expect(try answer.status() == 200)
        #expect(try answer.field("Content-Type") == "application/json")
        return try answer.body()
    }

    /// The code of the only response, and its id as it was written.
    private func error(_ body: String, _ driver: FakeDriver = FakeDriver()) throws -> (code: String, id: String) {
        let members = try #require(try JSONText(post(body, driver)).members)
        let code = try #require(members.first { $0.key == "error" }?.value.members?.first { $0.key == "code" })
        return (code.value.string, try #require(members.first { $0.key == "id" }).value.string)
    }

    @Test func aCallHasItsResultAndItsIdByteForByte() throws {
        let driver = FakeDriver()
        let body =
            #"{"id": 123456789012345678901234567890.0, "jsonrpc": "2.0", "params": {"a": 1.0,"b":1e400}, "method": "t/s/m"}"#
        #expect(
            try post(body, driver)
                == #"{"jsonrpc":"2.0","result":{"a": 1.0,"b":1e400},"id":123456789012345678901234567890.0}"#
        )
        let call = try #require(driver.seen.withLock { $0.calls.first })
        #expect(call.target == Target(topic: "t", server: "s"))
        #expect(call.method == "m")
    }

    @Test(arguments: ["1", "-1", "0.5", "\"a\\u0062\"", "null", "\"\"", "12345678901234567890123"])
    func theIdComesBack(_ id: String) throws {
        let body = #"{"jsonrpc":"2.0","method":"t/m","id":\#(id)}"#
        #expect(try post(body) == #"{"jsonrpc":"2.0","result":{},"id":\#(id)}"#)
    }

    @Test(arguments: [
        ("t/m", Target(topic: "t")), ("t/-/m", Target(topic: "t")), ("t/s%2Fx/m", Target(topic: "t", server: "s/x")),
        (
            "t/s/m?namespace=n%20&version=1.2&exchange=x",
            Target(exchange: "x", topic: "t", namespace: "n ", version: "1.2", server: "s")
        ),
        ("t/größe", Target(topic: "t")),
    ])
    func theMethodIsReadAsAPath(_ method: String, _ target: Target) throws {
        let driver = FakeDriver()
        _ = try post(#"{"jsonrpc":"2.0","method":"\#(method)","id":1}"#, driver)
        #expect(driver.seen.withLock { $0.calls.first?.target } == target)
    }

    @Test(arguments: [
        ("foobar", -32601), ("", -32601), ("/t/s/m", -32601), ("t//m", -32601), ("a/b/c/d", -32601), ("-/info", -32601),
        ("-/jsonrpc", -32601), ("rpc.discover", -32601), ("t/s/_m", -32601), ("t/s/1", -32601), ("t/s/m:x", -32601),
        ("t/s/%zz", -32601), ("healthz", -32601), ("t/*/m", -32013), ("t/s/m:gather", -32013), ("*/m", -32013),
        ("t/m?x=1", -32017), ("t/m?version=9.9", -32014), ("t/m?min=1", -32017),
    ])
    func methodsThatAreNone(_ method: String, _ code: Int) throws {
        let body = #"{"jsonrpc":"2.0","method":"\#(method)","id":"x"}"#
        let answer = TestGateway(FakeDriver()) { $0.versionCap = "1.5" }.post("/-/jsonrpc", body)
        #expect(try answer.body().contains("\"error\":{\"code\":\(code),"))
        #expect(try answer.body().hasSuffix(",\"id\":\"x\"}"))
    }

    @Test(arguments: [
        ("{", "-32700", "null"), ("", "-32700", "null"), ("{\"a\": NaN}", "-32700", "null"), ("1", "-32600", "null"),
        ("\"a\"", "-32600", "null"), ("null", "-32600", "null"), ("{}", "-32600", "null"), ("[]", "-32600", "null"),
        (#"{"jsonrpc":"1.0","method":"t/m","id":5}"#, "-32600", "5"),
        (#"{"jsonrpc":2.0,"method":"t/m","id":5}"#, "-32600", "5"),
        (#"{"method":"t/m","id":5}"#, "-32600", "5"), (#"{"jsonrpc":"2.0","id":5}"#, "-32600", "5"),
        (#"{"jsonrpc":"2.0","method":7,"id":5}"#, "-32600", "5"),
        (#"{"jsonrpc":"2.0","method":"t/m","id":[1]}"#, "-32600", "null"),
        (#"{"jsonrpc":"2.0","method":"t/m","id":true}"#, "-32600", "null"),
        (#"{"jsonrpc":"2.0","method":"t/m","id":{"a":1}}"#, "-32600", "null"),
        (#"{"jsonrpc":"2.0","method":"t/m","id":1,"id":2}"#, "-32600", "null"),
        (#"{"jsonrpc":"2.0","method":"t/m","method":"t/n","id":1}"#, "-32600", "1"),
        (#"{"jsonrpc":"2.0","method":"t/m","id":1,"params":"x"}"#, "-32600", "1"),
        (#"{"jsonrpc":"2.0","method":"t/m","id":1,"params":null}"#, "-32600", "1"),
        (#"{"jsonrpc":"2.0","method":"t/m","id":1,"params":[1]}"#, "-32602", "1"),
        (#"{"jsonrpc":"2.0","method":"t/m","id":1,"params":[]}"#, "-32602", "1"),
        (#"{"jsonrpc":"2.0","method":"t/m","id":1,"params":{"a":1,"a":2}}"#, "-32602", "1"),
        (#"{"jsonrpc":"2.0","method":"\ud800","id":1}"#, "-32600", "1"),
    ])
    func whatIsNoRequest(_ body: String, _ code: String, _ id: String) throws {
        let found = try error(body)
        #expect((found.code, found.id) == (code, id))
    }

    @Test func nestingIsBounded() throws {
        let body = String(repeating: "[", count: 5_000_000)
        #expect(try error(body).code == "-32700")
    }

    @Test func aNotificationIsACastAndSaysNothing() throws {
        let driver = FakeDriver()
        let gateway = TestGateway(driver)
        for method in ["t/s/m", "t/*/m", "t/*/m:gather", "t/s/m:cast", "t/m"] {
            let answer = gateway.post("/-/jsonrpc", #"{"jsonrpc":"2.0","method":"\#(method)"}"#)
            #expect(try answer.status() == 204)
            #expect(try answer.get().body.isEmpty)
        }
        let refused = gateway.post("/-/jsonrpc", #"{"jsonrpc":"2.0","method":"foobar","params":[1]}"#)
        #expect(try refused.status() == 204)
        #expect(driver.seen.withLock { $0.casts.count } == 5)
        #expect(driver.seen.withLock { $0.casts.filter(\.target.isFanout).count } == 2)
        #expect(driver.seen.withLock { $0.calls.isEmpty && $0.gatherings.isEmpty })
    }

    @Test func suffixesAreAsInThePath() throws {
        let driver = FakeDriver(replies: [.success(.null)])
        #expect(
            try post(#"{"jsonrpc":"2.0","method":"t/*/m:cast","id":1}"#, driver)
                == #"{"jsonrpc":"2.0","result":null,"id":1}"#
        )
        let gathered = try post(#"{"jsonrpc":"2.0","method":"t/*/m:gather?min=1","id":1}"#, driver)
        #expect(gathered == #"{"jsonrpc":"2.0","result":[{"result":null}],"id":1}"#)
        #expect(driver.seen.withLock { $0.gatherings.first?.minimum } == 1)
    }

    private func failing(_ error: MessagingError) -> FakeDriver { FakeDriver { _ in .failure(error) } }

    private func remote(_ module: String, _ name: String) -> MessagingError {
        MessagingError(
            .remote,
            "",
            execution: .yes,
            remote: RemoteError(module: module, className: name, message: "why")
        )
    }

    @Test func failuresHaveTheirCodes() throws {
        let dispatcher = "oslo_messaging.rpc.dispatcher"
        let body = #"{"jsonrpc":"2.0","method":"t/m","id":1}"#
        #expect(try error(body, failing(remote(dispatcher, "NoSuchMethod"))).code == "-32601")
        #expect(try error(body, failing(remote(dispatcher, "UnsupportedVersion"))).code == "-32601")
        #expect(try error(body, failing(remote("builtins", "ValueError"))).code == "-32000")
        let codes: [(MessagingError.Code, String)] = [
            (.undeliverable, "-32001"), (.noConsumers, "-32002"), (.timeout, "-32003"), (.callMonitorTimeout, "-32004"),
            (.brokerUnavailable, "-32005"), (.deliveryUnknown, "-32006"), (.brokerRejected, "-32007"),
            (.brokerBlocked, "-32008"), (.brokerConfiguration, "-32009"), (.badReply, "-32010"),
            (.overloaded, "-32011"),
            (.shutdown, "-32012"), (.messageTooLarge, "-32018"),
        ]
        for (code, number) in codes {
            #expect(try error(body, failing(MessagingError(code, "x"))).code == number)
        }
    }

    @Test func theProblemDocumentIsTheData() throws {
        let text = try post(#"{"jsonrpc":"2.0","method":"t/m","id":1}"#, failing(remote("builtins", "ValueError")))
        #expect(
            text.contains(
                #""message":"The server raised an exception","data":{"type":"urn:rpc-gateway:problem:remote-exception""#
            )
        )
        #expect(text.contains(#""target":{"exchange":"openstack","topic":"t""#))
        #expect(text.contains(#""exception":{"module":"builtins","class":"ValueError","message":"why""#))
    }
}
