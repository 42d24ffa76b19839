// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RPCGatewayCommand

struct NearestNameTests {
    @Test(arguments: [
        ("http.listn", "http.listen"), ("http.max_body_bytes", "http.maxBodyBytes"), ("HTTP.LOOPS", "http.loops"),
        ("rpc.timeoutMs", "rpc.maxTimeoutMs"), ("rabbit.amqp_durable_queue", "rabbit.amqp_durable_queues"),
        ("http.listen.host", "http.listen"),
    ])
    func slipsAreRecognised(name: String, meant: String) {
        #expect(NearestName.of(name, in: SettingsTable.byKey.keys) == meant)
    }

    @Test func somethingElseEntirelyIsNotGuessed() {
        #expect(NearestName.of("database.connection", in: SettingsTable.byKey.keys) == nil)
        #expect(NearestName.of(String(repeating: "x", count: 100_000), in: SettingsTable.byKey.keys) == nil)
    }
}
