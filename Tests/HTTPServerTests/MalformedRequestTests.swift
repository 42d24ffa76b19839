// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Testing
import Threads

/// Bytes that are not a request, and the status they deserve.
struct MalformedRequest: CustomTestStringConvertible, Sendable {
    var status: Int
    var bytes: String

    init(_ status: Int, _ bytes: String) {
        self.status = status
        self.bytes = bytes
    }

    var testDescription: String { "\(status) \(bytes.prefix(80).debugDescription)" }

    /// A good request line with these header lines.
    static func lines(_ status: Int, _ lines: String) -> Self {
        Self(status, "POST /echo HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n")
    }

    /// A chunked request with this body.
    static func chunks(_ status: Int, _ body: String) -> Self {
        Self(status, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    }

    /// This request line with a host.
    static func line(_ status: Int, _ line: String) -> Self { Self(status, line + "\r\nHost: a\r\n\r\n") }

    static let requestLines: [Self] = [
        Self(400, "garbage\r\n\r\n"), Self(400, "\r\ngarbage\r\n\r\n"), Self(400, "\u{1}\u{2}\u{3}\r\n\r\n"),
        Self(400, "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\n\r\n"), line(400, "GET"), line(400, "GET /"), line(400, "GET / "),
        line(400, "GET  / HTTP/1.1"), line(400, "GET /  HTTP/1.1"), line(400, "GET / HTTP/1.1 "),
        line(400, " GET / HTTP/1.1"), line(400, "GET /a b HTTP/1.1"), line(400, "GET / HTTP/1"),
        line(400, "GET / HTTP/1.1x"), line(400, "GET / http/1.1"), line(400, "GET / HTTQ/1.1"),
        line(400, "GET\t/\tHTTP/1.1"), line(400, "G(T / HTTP/1.1"), line(400, "GET /\u{0}a HTTP/1.1"),
        line(400, "GET /\u{7F} HTTP/1.1"), line(400, "GET /\u{1} HTTP/1.1"), line(400, "GET /a#b HTTP/1.1"),
        line(400, "GET a HTTP/1.1"), line(400, "GET * HTTP/1.1"), line(400, "GET http:///a HTTP/1.1"),
        line(400, "GET ftp://h/a HTTP/1.1"), line(400, "GET http://u@h/a HTTP/1.1"), line(501, "CONNECT h:1 HTTP/1.1"),
        line(400, "GET /é HTTP/1.1"), line(400, "GET /\"a\" HTTP/1.1"), line(400, "GET /<a> HTTP/1.1"),
        line(400, "GET /{a} HTTP/1.1"), line(400, "GET /a|b HTTP/1.1"), line(400, "GET /a^b HTTP/1.1"),
        line(400, "GET /a\\b HTTP/1.1"), line(400, "GET /a`b HTTP/1.1"), line(400, "GET /?é HTTP/1.1"),
        line(501, String(repeating: "A", count: 100_000) + " / HTTP/1.1"),
        Self(501, String(repeating: "A", count: 100)),
        Self(400, "\u{16}\u{3}\u{1}\u{2}"), Self(400, "GET / FTP\r\n"),
        line(505, "GET / HTTP/2.0"), line(505, "GET / HTTP/0.9"), line(505, "GET / HTTP/3.0"),
        Self(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Self(414, "GET /" + String(repeating: "a", count: 9_000)),
        line(414, "GET /" + String(repeating: "a", count: 70_000) + " HTTP/1.1"),
    ]

    static let fieldLines: [Self] = [
        Self(400, "GET / HTTP/1.1\r\n\r\n"), Self(400, "GET / HTTP/1.1\nHost: a\n\n"), lines(400, "Host: a"),
        lines(400, "Host: b"), Self(400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        Self(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), Self(400, "GET / HTTP/1.1\r\nHost: x:ab\r\n\r\n"),
        Self(400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), Self(400, "GET / HTTP/1.1\r\nHost: é\r\n\r\n"),
        lines(400, "X: a\r\n b"), lines(400, "X: a\r\n\tb"),
        lines(400, "X: a\r\n "), Self(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"), lines(400, "X: a\nY: b"),
        lines(400, "X: a\n"), Self(400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\n"), lines(400, "X: \u{0}"),
        lines(400, "X: a\u{0}b"), lines(400, "X: a\u{0}"), lines(400, "X\u{0}: a"), lines(400, "X: a\u{1}"),
        lines(400, "X: a\u{7F}"), lines(400, "X: a\rb"), lines(400, "X : a"), lines(400, "X\t: a"), lines(400, ": a"),
        lines(400, "X"), lines(400, "X Y: a"), lines(400, "X(: a"), lines(400, "\u{E9}: a"),
        lines(417, "Expect: something"), lines(417, "Expect: 100-continue\r\nExpect: 100-continue"),
        lines(431, "X: " + String(repeating: "a", count: 17_000)),
        Self(431, "GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 17_000)),
        lines(431, (0..<300).map { "X\($0): a" }.joined(separator: "\r\n")),
        lines(431, (0..<300).map { "X\($0): " + String(repeating: "a", count: 60) }.joined(separator: "\r\n")),
    ]

    static let bodyLines: [Self] = [
        lines(400, "Content-Length: 3\r\nTransfer-Encoding: chunked"),
        lines(400, "Transfer-Encoding: chunked\r\nContent-Length: 3"),
        lines(400, "Content-Length: 3\r\nContent-Length: 3"),
        lines(400, "Content-Length: 3\r\ncontent-length: 4"), lines(400, "Content-Length: 3, 3"),
        lines(400, "Content-Length: abc"), lines(400, "Content-Length: +3"), lines(400, "Content-Length: -3"),
        lines(400, "Content-Length: 0x3"), lines(400, "Content-Length: 3 4"), lines(400, "Content-Length:"),
        lines(400, "Content-Length: 3.0"), lines(413, "Content-Length: 99999999999999999999999"),
        lines(413, "Content-Length: 9223372036854775807"), lines(413, "Content-Length: 17000000"),
        lines(413, "Expect: 100-continue\r\nContent-Length: 17000000"), lines(501, "Transfer-Encoding: gzip"),
        lines(400, "Transfer-Encoding: chunked, gzip"), lines(501, "Transfer-Encoding: gzip, chunked"),
        lines(501, "Transfer-Encoding: chunked, chunked"),
        lines(501, "Transfer-Encoding: identity"), lines(501, "Transfer-Encoding: xchunked"),
        lines(501, "Transfer-Encoding: \u{B}chunked").with(400), lines(501, "Transfer-Encoding:"),
        lines(400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        Self(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), chunks(400, "x\r\n"),
        chunks(400, "-1\r\n"), chunks(400, "+1\r\na\r\n"), chunks(400, " 1\r\na\r\n"), chunks(400, "1 \r\na\r\n"),
        chunks(400, "0x1\r\na\r\n"), chunks(400, "1\r\nab\r\n"), chunks(400, "\r\n"), chunks(400, ";a\r\n"),
        chunks(413, "fffffffffffffffff\r\n"), chunks(400, "1\r\na\r\n0\r\nno trailer\r\n\r\n"),
        chunks(400, "1\na\r\n0\r\n\r\n"), chunks(400, "1\r\na\n0\r\n\r\n"), chunks(400, "1\r\na\r\n0\n\r\n"),
        chunks(400, "1\r\na\r\n0\r\n\n"), chunks(400, "1\r\na\r\n0\r\nX: y\n\r\n"),
        chunks(400, "1;\ra\r\na\r\n0\r\n\r\n"),
        chunks(400, "1;" + String(repeating: "a", count: 8_200)), chunks(400, String(repeating: "0", count: 8_200)),
    ]

    private func with(_ status: Int) -> Self { Self(status, bytes) }
}

@Suite(.serialized) struct MalformedRequestTests {
    @Test(arguments: [MalformedRequest.requestLines, MalformedRequest.fieldLines, MalformedRequest.bodyLines])
    func malformedRequestsGetTheirStatusInTheApplicationsFormAndTheConnectionEnds(table: [MalformedRequest]) throws {
        try withServer { server, handler in
            for request in table {
                let client = try RawClient(port: server.boundPort)
                client.send(request.bytes)
                let text = client.receiveToEnd()
                client.close()
                let answer = text.flatMap { Answer(Array($0.utf8)) }
                #expect(answer?.status == request.status, "\(request.testDescription): \(text ?? "no end")")
                #expect(answer?.field("content-type") == "application/problem+json", "\(request.testDescription)")
                #expect(text?.components(separatedBy: "\r\nDate: ") == 2, "\(request.testDescription): \(text ?? "")")
                try #expect(server.isServing(), "\(request.testDescription)")
            }
            #expect(handler.heads.withLock { $0.allSatisfy { $0.path == Array("/echo".utf8) } })
        }
    }

    @Test func aBodyThatIsTooLongInChunksIsAnswered413WhileItIsSent() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumBodyBytes = 1_000
        try withServer(configuration) { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<11 { client.send("64\r\n" + String(repeating: "a", count: 100) + "\r\n") }
            let text = client.receiveToEnd()
            #expect(text.flatMap { Answer(Array($0.utf8)) }?.status == 413)
            try #expect(server.isServing())
        }
    }

    @Test func aLargeBodyThatIsRefusedByItsLengthStillLeavesTheClientTheAnswer() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumBodyBytes = 1_000
        try withServer(configuration) { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
            client.send([UInt8](repeating: 0x61, count: 500_000))
            #expect(client.receiveToEnd()?.hasPrefix("HTTP/1.1 413 ") == true)
        }
    }

    @Test func aRequestInSinglePiecesIsJudgedAlike() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            for byte in "POST /echo HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n".utf8 {
                client.send([byte])
            }
            #expect(client.receiveToEnd()?.hasPrefix("HTTP/1.1 400 ") == true)
        }
    }
}

extension String {
    fileprivate func components(separatedBy text: String) -> Int {
        var count = 1
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
