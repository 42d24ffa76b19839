// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPServer
import Testing
import Threads

@Suite(.serialized) struct ConnectionTests {
    @Test func requestsOnOneConnectionAreAnsweredInTurn() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            for number in 0..<5 {
                client.send("POST /echo?n=\(number)&a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n\(number)")
                let answer = client.receiveAnswer()
                #expect(answer?.body == "\(number)")
                #expect(answer?.field("date") != nil)
                #expect(answer?.field("connection") == nil)
            }
            #expect(handler.heads.withLock { $0.last?.query } == Array("n=4&a".utf8))
            #expect(eventually { server.statistics.connections == 1 })
        }
    }

    @Test func whatAHandlerKeepsOfARequestIsItsOwn() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            let names = ["first", "second-and-longer", "3"]
            for name in names {
                client.send(
                    "POST /\(name) HTTP/1.1\r\nHost: a\r\nX-Name: \(name)\r\nContent-Length: \(name.count)\r\n\r\n\(name)"
                )
                #expect(client.receiveAnswer()?.body == name)
            }
            let heads = handler.heads.withLock { $0 }
            #expect(heads.map { String(decoding: $0.path, as: UTF8.self) } == names.map { "/" + $0 })
            #expect(heads.map { $0.fields["x-name"] } == names)
            #expect(handler.bodies.withLock { $0 } == names.map { Array($0.utf8) })
        }
    }

    @Test(arguments: ["/echo", "/later"]) func pipelinedRequestsAreAnsweredInOrder(path: String) throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            let requests = (0..<50).map { number in
                let close = number == 49 ? "Connection: close\r\n" : ""
                return "POST \(path) HTTP/1.1\r\nHost: a\r\n\(close)Content-Length: 5\r\n\r\n<\(100 + number)>"
            }
            client.send(requests.joined())
            let text = client.receiveToEnd() ?? ""
            let bodies = text.split(separator: "\r\n").compactMap { $0.firstMatch(of: /<(\d+)>/).map { Int($0.1) } }
            #expect(bodies == (100..<150).map { $0 })
        }
    }

    /// As many as fill what the server reads at once, several times.
    @Test(arguments: ["/echo", "/later"]) func thousandsOfPipelinedRequestsAreAnswered(path: String) throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            let request = "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
            _ = try OwnedThread(name: "writer") { client.send(String(repeating: request, count: 5_000)) }
            var count = 0
            var rest: [UInt8] = []
            while count < 5_000, let some = client.receive(), !some.isEmpty {
                rest += some
                while let answer = Answer(rest) {
                    #expect(answer.status == 200 && answer.body == "ab")
                    rest.removeFirst(answer.head.utf8.count + 6)
                    count += 1
                }
            }
            #expect(count == 5_000)
        }
    }

    @Test(arguments: [
        "Content-Length: 2 \r\n\r\nab", "Transfer-Encoding: chunked \r\n\r\n2\r\nab\r\n0\r\n\r\n",
        "Transfer-Encoding: , chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked,\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        "Transfer-Encoding: CHUNKED\r\n\r\n2;x=y\r\nab\r\n0\r\nX: y\r\n\r\n",
    ]) func whatTheStandardAllowsIsTaken(rest: String) throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            for _ in 0..<2 {
                client.send("\r\nPOST /echo HTTP/1.1\r\nHost: a\r\n" + rest)
                let answer = client.receiveAnswer()
                #expect(answer?.status == 200 && answer?.body == "ab")
            }
        }
    }

    @Test func chunkedBodiesArriveWhole() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n")
            for piece in ["3\r\nab", "c\r\n4;x=y\r\ndefg\r\n", "0\r\nTrailer: a\r\n", "\r\n"] { client.send(piece) }
            #expect(client.receiveAnswer()?.body == "abcdefg")
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
            #expect(client.receiveAnswer()?.body == "x")
        }
    }

    @Test func theClientIsToldToContinue() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(client.receiveAnswer()?.status == 100)
            client.send("ab")
            #expect(client.receiveAnswer()?.body == "ab")
        }
    }

    @Test func aRefusalComesInsteadOfContinue() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("POST /refused HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            let text = client.receiveToEnd()
            #expect(text?.hasPrefix("HTTP/1.1 429 ") == true)
            #expect(handler.heads.withLock { $0.isEmpty })
        }
    }

    @Test(arguments: ["", "Content-Length: 3\r\n"]) func aRefusalOfASmallRequestKeepsTheConnection(length: String)
        throws
    {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            for _ in 0..<2 {
                client.send("POST /refused HTTP/1.1\r\nHost: a\r\n\(length)\r\n" + (length.isEmpty ? "" : "abc"))
                #expect(client.receiveAnswer()?.status == 429)
            }
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
            #expect(client.receiveAnswer()?.body == "x")
        }
    }

    @Test func headAnswersHaveALengthAndNoBody() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = client.receiveAnswer(isToHead: true)
            #expect(answer?.field("content-length") == "3000000")
            client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.receiveAnswer()?.status == 200)
        }
    }

    @Test func oldClientsAreServed() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("POST /echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nab")
            #expect(client.receiveToEnd()?.hasSuffix("ab") == true)
        }
    }

    @Test func aClientThatHasEndedItsSideIsAnswered() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
            client.endSending()
            #expect(client.receiveToEnd()?.hasSuffix("ab") == true)
            let waiting = try RawClient(port: server.boundPort)
            defer { waiting.close() }
            waiting.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(eventually { server.statistics.requestsInFlight == 1 })
            waiting.endSending()
            handler.releaseAll(String(repeating: "c", count: 50_000) + "end")
            #expect(waiting.receiveToEnd()?.hasSuffix("end") == true)
        }
    }

    @Test(arguments: [
        ("GET http://h:1/p?q HTTP/1.1", "/p", "q"), ("GET HTTPS://h HTTP/1.1", "/", nil),
        ("OPTIONS * HTTP/1.1", "*", nil),
        ("GET http://h?q HTTP/1.1", "/", "q"), ("BREW /a%2Fb?x=%20? HTTP/1.1", "/a%2Fb", "x=%20?"),
        ("GET /? HTTP/1.1", "/", ""), ("GET //a HTTP/1.1", "//a", nil),
    ]) func targetsReachTheHandlerAsTheyWereSent(line: String, path: String, query: String?) throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send(line + "\r\nHost: a\r\nX-A: 1 \r\nx-a:\t2\r\nX-E:\r\nX-L: \u{E9}\r\n\r\n")
            #expect(client.receiveAnswer()?.status == 200)
            let head = try #require(handler.heads.withLock { $0.last })
            #expect(head.method == String(line.prefix { $0 != " " }))
            #expect(head.path == Array(path.utf8))
            #expect(head.query == query.map { Array($0.utf8) })
            #expect(head.fields.values(of: "x-A") == ["1", "2"])
            #expect(head.fields["x-e"] == "")
            #expect(head.fields["x-l"] == "\u{E9}")
            #expect(head.fields["none"] == nil)
            #expect(head.remoteAddress == "127.0.0.1")
        }
    }

    @Test(arguments: ["", "POS", "POST / HTTP/1.1\r\nHost", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na"])
    func aRequestThatEndsInTheMiddleEndsTheConnection(start: String) throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send(start)
            client.endSending()
            #expect(client.receiveToEnd() == "")
        }
    }

    @Test func aSocketForBothFamiliesSeesIPv4ClientsByTheirAddress() throws {
        let configuration = HTTPServerConfiguration(listeners: [.tcp("::", port: 0)])
        try withServer(configuration) { server, handler in
            try #expect(server.isServing())
            #expect(server.boundAddresses == [.tcp(host: "::", port: server.boundPort)])
            #expect(handler.heads.withLock { $0.last?.remoteAddress } == "127.0.0.1")
        }
    }

    @Test func aFieldThatWouldSplitTheAnswerIsLeftOut() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("GET /badfield HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = client.receiveAnswer()
            #expect(answer?.field("x-b") == nil)
            #expect(answer?.field("x-c") == "3")
        }
    }

    @Test func theHeadOfAnAnswerIsItsFieldsLineByLine() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("GET /fields HTTP/1.1\r\nHost: a\r\n\r\nGET /fields?c HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try #require(client.receiveToEnd())
            let all = text.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
            let long = String(repeating: "x", count: 600)
            let fields = ["X-A: 1", "X-B: a, b: c", "X-A: größe", "X-Long: \(long)", "Content-Length: 1", ""]
            let first = ["HTTP/1.1 200 OK"] + fields
            let second = ["aHTTP/1.1 200 OK", "Connection: close"] + fields + ["a"]
            #expect(all.filter { !$0.hasPrefix("Date: ") } == first + second)
        }
    }

    @Test func theApplicationCanCloseTheConnection() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("GET /closing HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.receiveToEnd()?.contains("\r\nConnection: close\r\n") == true)
        }
    }

    @Test func largeBodiesPassBothWays() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            let body = [UInt8](repeating: 0x62, count: 2_000_000)
            client.send("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
            #expect(client.receiveAnswer()?.body.utf8.count == body.count)
        }
    }
}
