// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing

@testable import Gateway

/// No answer's fields outgrow what an answer always has room for, whatever the request or the reply says.
struct AnswerSizeTests {
    /// What the server adds: a status line, Date, Connection and Content-Length.
    private static let framing = 160
    private static let limit = GatewayConfiguration().maximumResponseFieldBytes
    private static let fields = [
        ("X-Request-Id", String(repeating: "r", count: RequestIdentity.maximumLength)), ("Rpc-Timeout", "599.999"),
    ]

    private static let reply = PlainMessage(
        body: [0x7b],
        contentType: "a/" + String(repeating: "b", count: 253),
        contentEncoding: String(repeating: "c", count: 255),
        headers: (0..<40).map { .init(name: "name\($0)", value: JSONText(string: "\u{e9}\($0)")) },
        messageID: String(repeating: "m", count: 255),
        type: String(repeating: "t", count: 255),
        appID: String(repeating: "a", count: 255)
    )

    private func size(_ response: HTTPResponse) -> Int {
        response.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    }

    private static let failure = RemoteError(
        module: String(repeating: "m", count: 5_000),
        className: String(repeating: "c", count: 5_000),
        message: String(repeating: "x", count: 50_000)
    )

    @Test(arguments: [
        "/t/s/m", "/t/s/m:cast", "/t/*/m:gather", "/t/s/_m", "/-/jsonrpc", "/-/amqp/e/k", "/-/amqp/e/k:cast",
        "/-/notifications/t/e", "/t/s/m?version=x", "/%ff/s/m", "/-/nothing",
    ])
    func everyAnswerHasRoomAlsoWhenItComesAgainOrLater(_ path: String) throws {
        let remote = MessagingError(.remote, "raised", execution: .yes, remote: Self.failure)
        for answer in [{ .success($0.arguments) }, { _ in .failure(remote) }] as [FakeDriver.Answer] {
            let gateway = TestGateway(FakeDriver(answer: answer, plain: { _ in .success(Self.reply) }))
            let key = [("Idempotency-Key", "k")]
            let later = [("Prefer", "respond-async"), ("Idempotency-Key", "l")]
            var answers = try [
                Self.fields, Self.fields + key, Self.fields + key, Self.fields + later, Self.fields + later,
            ]
            .map { try gateway.post(path, "{}", $0).get() }
            if let operation = answers[3].fields.first(where: { $0.name == "Location" })?.value {
                answers.append(try gateway.send("GET", operation, Self.fields).get())
            }
            for answer in answers {
                let room = path == "/-/amqp/e/k" ? Self.limit + 1_024 : 1_024
                #expect(size(answer) + Self.framing <= room, "\(answer.status) \(Array(answer.fields))")
            }
        }
    }
}
