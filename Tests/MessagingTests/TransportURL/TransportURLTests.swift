// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

@Suite struct TransportURLTests {
    @Test func everyPartOfAURLIsRead() throws {
        let url = try TransportURL("Rabbit+TLS://alice:s3cret@Broker.example:5673/shop?ssl=true&heartbeat_rate=3#x")
        #expect(url.transport == "rabbit+tls")
        #expect(url.driverName == "rabbit")
        #expect(
            url.hosts == [TransportHost(host: "Broker.example", port: 5673, username: "alice", password: "s3cret")]
        )
        #expect(url.effectiveHosts.first?.effectiveHost == "broker.example")
        #expect(url.virtualHost == "shop")
        #expect(
            url.options == [
                TransportOption(name: "ssl", value: "true"), TransportOption(name: "heartbeat_rate", value: "3"),
            ]
        )
    }

    @Test(arguments: [
        ("rabbit://", "rabbit"), ("kombu://h", "kombu"), ("RABBIT://h", "rabbit"), ("rabbit+a+b://h", "rabbit"),
        ("memory://", "memory"), ("fake:///", "fake"), ("  rabbit://h\n", "rabbit"),
    ])
    func theDriverIsTheSchemeUpToThePlus(_ text: String, _ driver: String) throws {
        #expect(try TransportURL(text).driverName == driver)
    }

    @Test func everythingLeftOutHasADefault() throws {
        let url = try TransportURL("rabbit://")
        #expect(url.hosts.isEmpty)
        let host = try #require(url.effectiveHosts.first)
        #expect(host.effectiveHost == "localhost")
        #expect(host.effectivePort == 5672)
        #expect(host.effectiveUsername == "guest")
        #expect(host.effectivePassword == "guest")
        #expect(url.effectiveVirtualHost == "/")
    }

    @Test(arguments: [("rabbit://u@h", "u", "guest"), ("rabbit://:p@h", "guest", "p"), ("rabbit://u:@h", "u", "guest")])
    func userAndPasswordFallBackSeparately(_ text: String, _ user: String, _ password: String) throws {
        let host = try #require(try TransportURL(text).hosts.first)
        #expect(host.effectiveUsername == user)
        #expect(host.effectivePassword == password)
    }

    @Test func hostsDoNotShareCredentials() throws {
        let hosts = try TransportURL("rabbit://u:p@h1:1,,h2,x:y@h3/v").hosts
        #expect(hosts.map(\.effectiveHost) == ["h1", "h2", "h3"])
        #expect(hosts.map(\.effectiveUsername) == ["u", "guest", "x"])
        #expect(hosts.map(\.effectivePassword) == ["p", "guest", "y"])
        #expect(hosts.map(\.effectivePort) == [1, 5672, 5672])
    }

    @Test(arguments: [
        ("u%2Fser", "p%2Fw", "u/ser", "p/w"), ("a%40b", "%3A%2C%3F%23", "a@b", ":,?#"), ("a+b", "c+d", "a+b", "c+d"),
        ("a@b", "c@d:e", "a@b", "c@d:e"), ("100%", "%zz%4", "100%", "%zz%4"), ("%C3%BC", "%F0%9F%94%91", "ü", "🔑"),
        ("%2525", "%25", "%25", "%"),
    ])
    func credentialsAreDecodedOnce(_ user: String, _ password: String, _ name: String, _ secret: String) throws {
        let host = try #require(try TransportURL("rabbit://\(user):\(password)@h/").hosts.first)
        #expect(host.username == name)
        #expect(host.password == secret)
        #expect(host.host == "h")
    }

    @Test(arguments: [
        ("", "/"), ("/", "/"), ("//", "/"), ("/%2F", "/"), ("/vh", "vh"), ("//vh", "/vh"), ("/a/b", "a/b"),
        ("/a%2Fb", "a/b"), ("/a%3Fb%23c", "a?b#c"), ("/%252F", "%2F"), ("/a+b", "a+b"), ("/a%20b", "a b"),
        ("?a=b", "/"),
        ("/v?a=b/c", "v"), ("/v#frag", "v"),
    ])
    func virtualHostsAreDecodedOnce(_ path: String, _ virtualHost: String) throws {
        #expect(try TransportURL("rabbit://h\(path)").effectiveVirtualHost == virtualHost)
    }

    @Test(arguments: [
        ("[::1]", "::1", 5672), ("[::1]:5673", "::1", 5673), ("2001:DB8::1", "2001:db8::1", 5672),
        ("[fe80::1%25eth0]:1", "fe80::1%eth0", 1), ("[fe80::1%Eth0]", "fe80::1%Eth0", 5672),
        ("u:p@[::ffff:10.0.0.1]:7", "::ffff:10.0.0.1", 7),
    ])
    func addressesOfVersion6AreRead(_ authority: String, _ address: String, _ port: Int) throws {
        let host = try #require(try TransportURL("rabbit://\(authority)/").hosts.first)
        #expect(host.effectiveHost == address)
        #expect(host.effectivePort == port)
    }

    @Test func optionsAreJoinedAndEmptyOnesDropped() throws {
        let url = try TransportURL("rabbit://h/?a=1&b&c=&a=2+3&d=%26%3D&&e=x=y")
        let options = url.options.map { "\($0.name)|\($0.value)" }
        #expect(options == ["a|1,2 3", "d|&=", "e|x=y"])
    }
}
