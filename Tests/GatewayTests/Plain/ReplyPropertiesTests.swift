// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

@testable import Gateway

struct ReplyPropertiesTests {
    private func fields(_ message: PlainMessage, bytes: Int = 4_096) -> [String: String] {
        Dictionary(ReplyProperties(message, bytes: bytes).fields, uniquingKeysWith: { "\($0) and \($1)" })
    }

    @Test func propertiesBecomeFields() throws {
        let message = PlainMessage(
            body: [],
            contentType: "text/plain; charset=utf-8",
            contentEncoding: "gzip",
            headers: [
                .init(name: "ü\n", value: try JSONText("[\n1.0,\t\"é😀\"]")), .init(name: "n", value: .null),
            ],
            isPersistent: true,
            priority: 0,
            messageID: "m",
            type: "t",
            appID: "a",
            timestamp: 12
        )
        let expected = [
            "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
            "Content-Encoding": "gzip",
            "Amqp-Delivery-Mode": "2", "Amqp-Priority": "0", "Amqp-Timestamp": "12", "Amqp-Message-Id": "m",
            "Amqp-Type": "t", "Amqp-App-Id": "a",
            "Amqp-Headers": #"{"\u00fc\n":[ 1.0, "\u00e9\ud83d\ude00"],"n":null}"#,
        ]
        #expect(fields(message) == expected)
    }

    @Test(arguments: [
        "text/plain\r\nSet-Cookie: a=b", "", "html", "a/b/c", "a/", "/b", "a b/c", "é/x", "a/b\u{0}", "a/b ", "a/b x",
        String(repeating: "a", count: 200) + "/b\u{7f}",
    ])
    func aTypeThatIsNoneIsUnknown(_ type: String) {
        let all = fields(PlainMessage(body: [], contentType: type))
        #expect(all["Content-Type"] == "application/octet-stream")
        #expect(
            all.values.allSatisfy {
                !$0.contains("\n") && !$0.contains("\r") && !$0.contains("\r\n") && !$0.contains("\0")
            }
        )
    }

    @Test(arguments: ["x\r\nSet-Cookie: a=b", "a\nb", "a\u{0}b", " a", "a ", "", "\u{1f}"])
    func whatCannotStandOnALineIsLeftOutAndNamed(_ text: String) {
        let all = fields(PlainMessage(body: [], contentEncoding: text, messageID: text, type: text, appID: text))
        #expect(all["Amqp-Omitted"] == "Amqp-Content-Encoding, Amqp-Message-Id, Amqp-Type, Amqp-App-Id")
        #expect(all["Amqp-Type"] == nil)
    }

    @Test func aCharacterSetIsNoCoding() {
        let all = fields(PlainMessage(body: [], contentEncoding: "utf-8"))
        #expect(all["Content-Encoding"] == nil)
        #expect(all["Amqp-Content-Encoding"] == "utf-8")
    }

    @Test(arguments: [0, 640, 1_000, 4_096])
    func theFieldsStayWithinTheirRoom(_ bytes: Int) throws {
        let long = String(repeating: "x", count: 255)
        let headers = (0..<200).map { PlainMessage.Header(name: "n\($0)", value: JSONText(string: "ééé\($0)")) }
        for headers in [headers, Array(headers.prefix(8))] {
            let message = PlainMessage(
                body: [],
                contentType: "a/" + String(repeating: "b", count: 250),
                contentEncoding: long,
                headers: headers,
                messageID: long,
                type: long,
                appID: long
            )
            let fields = ReplyProperties(message, bytes: bytes).fields
            let size = fields.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 4 }
            #expect(size <= max(bytes, ReplyProperties.minimumBytes))
            // Whatever is left out, what the body is has to be told.
            #expect(fields.first?.1 == message.contentType)
        }
    }

    @Test func headersOfWhichOnlySomeWereReadAreLeftOut() {
        var message = PlainMessage(body: [], headers: [.init(name: "a", value: .null)])
        message.hasMoreHeaders = true
        let all = fields(message, bytes: 8_000)
        #expect(all["Amqp-Headers"] == nil)
        #expect(all["Amqp-Omitted"] == "Amqp-Headers")
    }

    @Test func theCodingOfTheBodyIsToldInTheLeastRoom() {
        let long = String(repeating: "x", count: 255)
        let message = PlainMessage(
            body: [],
            contentType: "a/" + String(repeating: "b", count: 253),
            contentEncoding: "compress",
            messageID: long,
            type: long,
            appID: long
        )
        let all = fields(message, bytes: 0)
        #expect(all["Content-Encoding"] == "compress")
        #expect(all["Amqp-Omitted"] == "Amqp-Message-Id, Amqp-Type, Amqp-App-Id")
    }
}
