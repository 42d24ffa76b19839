// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import HTTPServer

@Suite struct MessageTests {
    @Test func tokensAreWhatTheGrammarSays() {
        let allowed = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        for byte in UInt8.min...UInt8.max {
            #expect(Token.isCharacter(byte) == allowed.utf8.contains(byte))
        }
    }

    @Test func eightBytesAreLoweredAsEachOfThem() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<8 {
                // Beside bytes that would carry into it, or take from it, if they could.
                for other in [0x00, 0x40, 0x5A, 0x7F, 0x80, 0xFF] as [UInt8] {
                    var bytes = [UInt8](repeating: other, count: 8)
                    bytes[place] = byte
                    let lowered = withUnsafeBytes(
                        of: Token.lowercased(bytes.withUnsafeBytes { $0.load(as: UInt64.self) })
                    ) {
                        Array($0)
                    }
                    #expect(lowered == bytes.map(RequestFields.lowercased))
                }
            }
        }
    }

    @Test func fieldsKeepTheirOrderAndCompareWithoutCase() {
        let fields = RequestFields([("A", "1"), ("b", "2"), ("a", "3")])
        #expect(fields.count == 3)
        #expect(fields["a"] == "1")
        #expect(fields.values(of: "A") == ["1", "3"])
        #expect(fields.count(of: "a") == 2)
        #expect(fields[1] == ("b", "2"))
    }

    @Test func aPendingRequestTakesItsFirstAnswerWhetherItCameBeforeOrAfterTheWait() throws {
        let queue = CountingQueue()
        let early = PendingRequest(connection: nil, loop: queue)
        early.respond(HTTPResponse(status: 200))
        early.respond(HTTPResponse(status: 500))
        #expect(!early.wait())
        #expect(early.takeAnswer()?.status == 200)
        let late = PendingRequest(connection: nil, loop: queue)
        #expect(late.wait())
        #expect(late.takeAnswer() == nil)
        late.respond(HTTPResponse(status: 201))
        late.respond(HTTPResponse(status: 500))
        #expect(late.takeAnswer()?.status == 201)
        #expect(queue.resumed.load(ordering: .relaxed) == 1)
    }

    @Test func directRepliesHaveAFrameOfTheirOwn() {
        let response = HTTPResponse(
            status: 503,
            fields: [("Retry-After", "1"), ("Content-Length", "9"), ("X", "a\r\nY: b")],
            body: Array("ab".utf8)[...]
        )
        let text = String(decoding: DirectResponse.serialize(response, withBody: true, date: "now"), as: UTF8.self)
        #expect(
            text == "HTTP/1.1 503 Service Unavailable\r\nDate: now\r\nConnection: close\r\nRetry-After: 1\r\n"
                + "Content-Length: 2\r\n\r\nab"
        )
    }

    @Test func datesHaveTheFormOfTheStandard() {
        #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test(arguments: [(Duration.zero, 1), (.microseconds(1_500), 2), (.seconds(75), 75_000), (.seconds(-5), 1)])
    func durationsBecomeWholeMilliseconds(duration: Duration, milliseconds: Int) {
        #expect(duration.clockMilliseconds == UInt64(milliseconds))
    }
}
