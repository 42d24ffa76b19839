// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import Messaging

@Suite struct TransportURLTextTests {
    @Test(arguments: [
        ("rabbit://", "rabbit:///"), ("rabbit://h", "rabbit://h/"), ("RABBIT://U:p@H:1/v", "rabbit://U:p@H:1/v"),
        ("rabbit://::1/", "rabbit://[::1]/"), ("rabbit://a%2Fb:c%2Fd@h//v", "rabbit://a%2Fb:c%2Fd@h//v"),
        ("rabbit://h/a%3Fb", "rabbit://h/a%3Fb"), ("rabbit://h/?a=b+c&a=d", "rabbit://h/?a=b+c%2Cd"),
        ("rabbit://:p@h1,u@h2", "rabbit://:p@h1,u@h2/"),
    ])
    func aURLIsFormattedBack(_ text: String, _ formatted: String) throws {
        #expect(try TransportURL(text).text == formatted)
    }

    @Test func printingShowsNoSecret() throws {
        let url = try TransportURL("rabbit://u:hunter2@h1,v:hunter2@h2/x?ssl_key_password=hunter2&Token=hunter2&a=b")
        let redacted = "rabbit://u:***@h1,v:***@h2/x?ssl_key_password=***&Token=***&a=b"
        #expect(url.redactedDescription == redacted)
        #expect("\(url)" == redacted)
        var dumped = ""
        dump(url, to: &dumped)
        dump(url.hosts, to: &dumped)
        dump(url.options, to: &dumped)
        #expect(!"\(url.hosts) \(url.options) \(String(reflecting: url)) \(dumped)".contains("hunter2"))
        #expect(url.text.contains("hunter2"))
    }

    @Test func whateverIsFormattedIsReadBackTheSame() throws {
        var random = SeededRandom(seed: 42)
        for _ in 0..<5_000 {
            let url = GeneratedURL(&random).url
            #expect(try TransportURL(url.text) == url, "\(url.text)")
        }
    }
}
