// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom

@testable import Messaging

/// A random URL that the parser could have yielded.
struct GeneratedURL {
    let url: TransportURL

    init(_ random: inout SeededRandom) {
        let schemes = ["rabbit", "kombu", "rabbit+tls", "memory", "fake", "x-y.z"]
        let hosts = (0..<Int.random(in: 0...4, using: &random)).map { _ in Self.host(&random) }
        let names = Set((0..<Int.random(in: 0...4, using: &random)).map { _ in Self.text(&random) })
        url = TransportURL(
            transport: schemes.randomElement(using: &random) ?? "rabbit",
            hosts: hosts.filter { !$0.namesNothing },
            virtualHost: Bool.random(using: &random) ? Self.text(&random) : nil,
            options: names.sorted().map { TransportOption(name: $0, value: Self.text(&random)) }
        )
    }

    private static func host(_ random: inout SeededRandom) -> TransportHost {
        let names = [nil, "h", "Broker-1.example", "10.0.0.1", "::1", "2001:db8::7", "fe80::1%25eth0", "bücher"]
        return TransportHost(
            host: names.randomElement(using: &random) ?? nil,
            port: Bool.random(using: &random) ? Int.random(in: 1...65535, using: &random) : nil,
            username: Bool.random(using: &random) ? text(&random) : nil,
            password: Bool.random(using: &random) ? text(&random) : nil
        )
    }

    /// One to eight characters, with a liking for those that mean something in a URL.
    private static func text(_ random: inout SeededRandom) -> String {
        let special = Array(":/?#[]@!$&'()*+,;=% ~-._\"<>\\^`{|}\t\u{1}é€🔑aZ09").map(String.init)
        return (0..<Int.random(in: 1...8, using: &random)).map { _ in
            special.randomElement(using: &random) ?? "a"
        }.joined()
    }
}
