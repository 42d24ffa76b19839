// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct AnsweredHostsTests {
    private static let loopback = AnsweredHosts(
        ["Gateway.example", "[2001:DB8::7]"],
        address: "127.0.0.1",
        port: 8080,
        name: "my-host"
    )
    private static let open = AnsweredHosts(["gateway.example"], address: "192.0.2.7", port: 8080, name: "192.0.2.7")

    @Test(arguments: [
        "", "localhost", "LocalHost:8080", "localhost.", "localhost.:1", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3",
        "[::1]",
        "[::1]:8080", "gateway.example", "GATEWAY.example:443", "[2001:db8::7]:1", "my-host:80",
    ])
    func aLoopbackAddressAnswersForItself(host: String) {
        #expect(Self.loopback.contains(Array(host.utf8)))
    }

    @Test(arguments: [
        "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "xlocalhost", "localhost..", "127.0.0.1x",
        "12.7.0.1",
        "[::2]", "[::1", "192.0.2.7", "gateway.example.evil", "evil-gateway.example", ":8080", ".", "\u{212A}.example",
    ])
    func aLoopbackAddressAnswersForNobodyElse(host: String) {
        #expect(!Self.loopback.contains(Array(host.utf8)))
    }

    @Test func anotherAddressAnswersForWhatIsListed() {
        #expect(Self.open.contains(Array("gateway.example:8080".utf8)))
        #expect(Self.open.contains(Array("192.0.2.7".utf8)))
        #expect(!Self.open.contains(Array("localhost".utf8)))
        #expect(!Self.open.contains(Array("127.0.0.1".utf8)))
        #expect(
            AnsweredHosts([], address: "192.0.2.7", port: 8080, name: "0.0.0.0").contains(Array("any.example".utf8))
        )
        #expect(
            AnsweredHosts(nil, address: "127.0.0.1", port: 8080, name: "127.0.0.1").contains(Array("any.example".utf8))
        )
        #expect(!AnsweredHosts([], address: "::1", port: 8080, name: "::1").contains(Array("any.example".utf8)))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: localhost", 200), ("GET / HTTP/1.0\r\nConnection: close", 200),
        ("GET / HTTP/1.1\r\nHost: evil.example", 421), ("GET http://localhost/ HTTP/1.1\r\nHost: localhost", 200),
        ("GET http://evil.example/ HTTP/1.1\r\nHost: localhost", 421),
        ("GET http://localhost/ HTTP/1.1\r\nHost: evil.example", 421),
        ("POST /echo HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 1000000\r\nExpect: 100-continue", 421),
    ])
    func requestsForOtherHostsAreRefused(head: String, status: Int) throws {
        try withServer(HTTPServerConfiguration(hosts: [])) { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send(head + "\r\n\r\n")
            #expect(client.receiveAnswer()?.status == status)
            #expect(try server.isServing(host: "localhost"))
        }
    }
}
