// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AMQP

/// The broker's words as they are shown.
struct ShownTextTests {
    @Test func wordsAreOneLineOfBoundedLength() {
        let reply = AMQPError.Reply(code: 406, text: "no\r\n\u{1B}[31mway\u{202E}\u{2028}x\u{0}")
        #expect(reply.text == "no   [31mway  x ")
        #expect(AMQPError.Reply(code: 406, text: String(repeating: "é", count: 1000)).text.utf8.count <= 257)
        #expect(AMQPError.Reply(code: 404, text: "no exchange 'größe'").text == "no exchange 'größe'")
    }

    @Test func clientsAreToldCodeAndWordsButNoAddress() {
        let reply = AMQPError.Reply(code: 530, text: "NOT_ALLOWED - vhost x not found")
        let error = AMQPError(.notAllowed, "the broker 10.0.0.1 closed the connection", reply: reply)
        #expect(error.report == "notAllowed: 530 NOT_ALLOWED - vhost x not found")
        #expect(AMQPError(.connectionRefused, "no connection to 10.0.0.1").report == "connectionRefused")
    }
}
