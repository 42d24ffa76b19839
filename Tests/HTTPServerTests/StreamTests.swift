// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPServer
import Testing
import Threads

@Suite(.serialized) struct StreamTests {
    private static let get = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(arguments: ["/stream", "/stream-later"]) func bytesArriveWhenTheyAreWritten(path: String) throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            let start = Moment.now
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try #require(client.receive(upTo: "\r\n\r\n"))
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(head.contains("\r\nTransfer-Encoding: chunked\r\n"))
            #expect(Moment.now - start < .milliseconds(150), "the head waits for the first bytes")
            let stream = try #require(handler.firstStream())
            #expect(server.statistics.streams == 1)
            for text in ["one\n", "two and more\n"] {
                let isTaken = stream.write(Array(text.utf8))
                #expect(isTaken)
                #expect(client.receive(upTo: "\n\r\n")?.contains(text) == true)
            }
            stream.finish(Array("end".utf8)[...])
            #expect(client.receive(upTo: "0\r\n\r\n") == "3\r\nend\r\n0\r\n\r\n")
            #expect(eventually { handler.ends.withLock { $0 } == [.finished] })
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok")
            #expect(client.receiveAnswer()?.body == "ok", "the connection is kept")
            #expect(server.statistics.streams == 0)
        }
    }

    @Test func aClientOfTheOldVersionReadsToTheEndOfTheConnection() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let stream = try #require(handler.firstStream())
            _ = stream.write(Array("one".utf8))
            #expect(client.receive(upTo: "one")?.contains("chunked") == false)
            _ = stream.write([UInt8](repeating: 0x61, count: 10_000))
            stream.finish()
            #expect(client.receiveToEnd() == String(repeating: "a", count: 10_000))
            #expect(eventually { handler.ends.withLock { $0 } == [.finished] })
        }
    }

    @Test func aHeadRequestGetsTheHeadAndEndsTheStream() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.receiveAnswer(isToHead: true)?.status == 200)
            #expect(eventually { handler.ends.withLock { $0 } == [.finished] })
            let isTaken = handler.firstStream()?.write([1])
            #expect(isTaken == false)
        }
    }

    enum Departure: CaseIterable { case closes, resets, endsSending }

    @Test(arguments: Departure.allCases, [true, false])
    func aClientThatGoesIsNoticedWithinASecond(departure: Departure, hasRead: Bool) throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            client.send(Self.get)
            let stream = try #require(handler.firstStream())
            if hasRead {
                _ = stream.write([0x61])
                #expect(client.receive(upTo: "a\r\n") != nil)
            } else {
                // So much that the socket is full and the connection is not suspended.
                fillUp(stream)
                #expect(stream.bufferedBytes > 60_000)
            }
            let start = Moment.now
            switch departure {
            case .closes: client.close()
            case .resets: client.reset()
            case .endsSending: client.endSending()
            }
            #expect(eventually { handler.ends.withLock { $0 } == [.clientGone] })
            #expect(eventually { server.statistics.connections == 0 })
            #expect(Moment.now - start < .seconds(1))
            #expect(!stream.isOpen && stream.bufferedBytes == 0 && server.statistics.streams == 0)
            if departure == .endsSending { client.close() }
        }
    }

    @Test func aSlowReaderIsHeldToTheBufferAndGetsAllThatWasTaken() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send(Self.get)
            let stream = try #require(handler.firstStream())
            let taken = fillUp(stream)
            #expect(stream.bufferedBytes <= 65_536 && stream.isOpen)
            stream.finish(Array("last".utf8)[...])
            let body = try #require(client.receive(upTo: "\r\n0\r\n\r\n").map(unchunked))
            #expect(body.count == taken * 1_000 + 4)
            #expect(body.suffix(4) == "last")
            #expect(eventually { handler.ends.withLock { $0 } == [.finished] })
        }
    }

    @Test func aReaderThatNeverTakesTheLastBytesIsCutOff() throws {
        var configuration = HTTPServerConfiguration()
        configuration.streamStallTimeout = .milliseconds(200)
        try withServer(configuration) { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send(Self.get)
            let stream = try #require(handler.firstStream())
            _ = fillUp(stream)
            stream.finish()
            #expect(eventually { handler.ends.withLock { $0 } == [.clientGone] })
            #expect(eventually { server.statistics.connections == 0 })
        }
    }

    @Test func aPipelinedRequestIsAnsweredAfterTheStream() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send(Self.get + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nafter")
            let stream = try #require(handler.firstStream())
            _ = stream.write(Array("one".utf8))
            #expect(client.receive(upTo: "one\r\n")?.contains("after") == false)
            #expect(handler.heads.withLock { $0.count } == 1)
            stream.finish()
            #expect(client.receive(upTo: "after")?.hasPrefix("0\r\n\r\nHTTP/1.1 200 OK\r\n") == true)
        }
    }

    @Test func aStreamAfterALargeHeadHasRoom() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            let cookie = String(repeating: "c", count: 5_900)
            client.send("GET /stream HTTP/1.1\r\nHost: a\r\nX-Large: \(cookie)\r\n\r\n")
            let stream = try #require(handler.firstStream())
            _ = stream.write([UInt8](repeating: 0x62, count: 60_000))
            stream.finish()
            #expect(client.receive(upTo: "\r\n0\r\n\r\n").map(unchunked)?.count == 60_000)
        }
    }

    @Test func aRequestThatIsAnsweredGetsNoStream() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("GET /answered-stream HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.receiveAnswer()?.status == 200)
            #expect(handler.ends.withLock { $0 } == [.refused])
            let isTaken = handler.firstStream()?.write([1])
            #expect(isTaken == false)
        }
    }

    @Test func linesOfManyThreadsArriveWholeAndAll() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send(Self.get)
            let stream = try #require(handler.firstStream())
            let writers = (0..<4).map { writer in
                // Without a thread and descriptors there is nothing to test.
                // swift-format-ignore: NeverUseForceTry
                try! OwnedThread(name: "writer") {
                    for number in 0..<500 {
                        while !stream.write(Array("\(writer):\(number);".utf8)) { usleep(100) }
                    }
                }
            }
            // Without a thread and descriptors there is nothing to test.
            // swift-format-ignore: NeverUseForceTry
            _ = try! OwnedThread(name: "finisher") {
                for writer in writers { writer.join() }
                stream.finish()
            }
            let body = try #require(client.receive(upTo: "\r\n0\r\n\r\n").map(unchunked))
            let lines = body.split(separator: ";")
            #expect(lines.count == 2_000 && Set(lines).count == 2_000)
            for writer in 0..<4 {
                let own = lines.filter { $0.hasPrefix("\(writer):") }
                #expect(own == (0..<500).map { "\(writer):\($0)" })
            }
        }
    }

    @Test func manyStreamsAreServedBesideOrdinaryRequests() throws {
        try withServer { server, handler in
            let clients = try (0..<300).map { _ in try RawClient(port: server.boundPort) }
            for client in clients { client.send(Self.get) }
            #expect(eventually { server.statistics.streams == 300 })
            for client in clients { #expect(client.receive(upTo: "\r\n\r\n") != nil) }
            let event = Array("event".utf8)[...]
            for stream in handler.streams.withLock({ $0 }) { #expect(stream.write(event)) }
            for client in clients { #expect(client.receive(upTo: "event\r\n") != nil) }
            #expect(try server.isServing())
            for client in clients { client.close() }
            #expect(eventually { server.statistics.connections == 0 && server.statistics.streams == 0 })
            #expect(handler.ends.withLock { $0.count } == 300)
        }
    }
}

/// Writes pieces of 1,000 bytes until the client has taken none for a while; gives how many were taken.
@discardableResult func fillUp(_ stream: ResponseStream) -> Int {
    var taken = 0
    var refusals = 0
    while refusals < 30 {
        if stream.write([UInt8](repeating: 0x61, count: 1_000)) {
            (taken, refusals) = (taken + 1, 0)
        } else {
            refusals += 1
            usleep(1_000)
        }
    }
    return taken
}

/// The content of a chunked body; a head before it is left out.
func unchunked(_ text: String) -> String {
    var rest = Array(text.utf8)[...]
    if text.hasPrefix("HTTP/") {
        while !rest.isEmpty, !rest.starts(with: "\r\n\r\n".utf8) { rest = rest.dropFirst() }
        rest = rest.dropFirst(4)
    }
    var body: [UInt8] = []
    while let end = rest.firstIndex(of: 0x0d), let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16)
    {
        rest = rest[(end + 2)...]
        body += rest.prefix(size)
        rest = rest.dropFirst(size + 2)
    }
    return String(decoding: body, as: UTF8.self)
}
