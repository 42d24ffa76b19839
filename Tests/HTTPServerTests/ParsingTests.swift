// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

/// What the parts of the request reader make of bytes, without sockets.
struct ParsingTests {
    // MARK: The end of a head

    private func end(of head: String) -> Int? {
        var search = HeadSearch()
        return Array(head.utf8).withUnsafeBytes { search.end(in: $0) }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "a\n\n", "a\r\n\n", "\r\n"])
    func aHeadEndsBehindItsFirstBlankLine(head: String) {
        #expect(end(of: head) == head.utf8.count)
        #expect(end(of: head + "GET / HTTP/1.1\r\n\r\n") == head.utf8.count)
        #expect(end(of: String(decoding: Array(head.utf8).dropLast(), as: UTF8.self)) == nil)
    }

    @Test func theEndIsFoundWhereverThePiecesWereCut() {
        let head = Array("POST /a HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".utf8)
        for cut in 1..<head.count {
            var search = HeadSearch()
            #expect(head[..<cut].withUnsafeBytes { search.end(in: $0) } == nil)
            #expect(head.withUnsafeBytes { search.end(in: $0) } == head.count)
            #expect(search.requestLineBytes == 18)
        }
    }

    // MARK: What cannot become a head

    private func refusal(_ beginning: String, limit: Int = 1_000) -> HTTPFailure.Reason? {
        let bytes = Array(beginning.utf8)
        var search = HeadSearch()
        return bytes.withUnsafeBytes { bytes in
            _ = search.end(in: bytes)
            do throws(HTTPFailure) {
                try HeadLimits(headBytes: limit).check(bytes, requestLineBytes: search.requestLineBytes)
                return nil
            } catch {
                return error.reason
            }
        }
    }

    @Test func aBeginningIsRefusedAsSoonAsNothingCanMendIt() {
        #expect(refusal("GET") == nil)
        #expect(refusal("GET /" + String(repeating: "a", count: 495)) == nil)
        #expect(refusal("GET /" + String(repeating: "a", count: 496)) == .targetTooLong)
        #expect(refusal("GET /" + String(repeating: "a", count: 496) + " HTTP/1.1\r\n") == .targetTooLong)
        #expect(refusal("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 981)) == nil)
        #expect(refusal("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 982)) == .headTooLarge)
        #expect(refusal(String(repeating: "A", count: 64)) == nil)
        #expect(refusal(String(repeating: "A", count: 65)) == .methodTooLong)
        #expect(refusal("\u{16}\u{3}\u{1}") == .malformedRequestLine)
        #expect(refusal("G\u{1}") == .malformedMethod)
        #expect(refusal(" GET") == .malformedRequestLine)
    }

    // MARK: The request line

    private func line(_ text: String) -> Result<String, HTTPFailure> {
        Array((text + "\r\n").utf8)
            .withUnsafeBytes { bytes in
                do throws(HTTPFailure) {
                    let line = try RequestLine(bytes)
                    let version = line.isHTTP10 ? "1.0" : "1.1"
                    return .success("\(line.methodName) \(String(decoding: line.target, as: UTF8.self)) \(version)")
                } catch {
                    return .failure(error)
                }
            }
    }

    @Test func aRequestLineHasThreePartsAndTwoSpaces() {
        #expect(line("GET /a HTTP/1.1") == .success("GET /a 1.1"))
        #expect(line("POST * HTTP/1.0") == .success("POST * 1.0"))
        #expect(line("BREW /a HTTP/1.9") == .success("BREW /a 1.1"))
        for bad in [
            "", "GET", "GET /", "GET / ", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1.",
        ] {
            #expect(line(bad) == .failure(HTTPFailure(.malformedRequestLine)), "\(bad)")
        }
        #expect(line(" / HTTP/1.1") == .failure(HTTPFailure(.malformedRequestLine)))
        #expect(line("G@T / HTTP/1.1") == .failure(HTTPFailure(.malformedMethod)))
        #expect(line("GET / HTTP/2.0") == .failure(HTTPFailure(.unsupportedVersion)))
        #expect(line(String(repeating: "A", count: 100_000)) == .failure(HTTPFailure(.methodTooLong)))
        #expect(line(String(repeating: "A", count: 65) + " / HTTP/1.1") == .failure(HTTPFailure(.methodTooLong)))
    }

    @Test func aTargetHoldsWhatAURIHolds() {
        for byte in UInt8.min...UInt8.max {
            let isAllowed =
                "-._~!$&'()*+,;=:@/?%[]".utf8.contains(byte) || byte < 128 && Character(Unicode.Scalar(byte)).isLetter
                || byte < 128 && Character(Unicode.Scalar(byte)).isNumber
            #expect(URICharacters.target.contains(byte) == isAllowed, "\(byte)")
        }
    }

    // MARK: Fields

    @Test(arguments: [
        "", "a", "a:", "a:80", "a.example:080", "127.0.0.1:8080", "[::1]", "[::1]:80", "[v1.a:b]", "a%20b", "_a",
        "a;b=c",
    ])
    func aHostIsANameOrAnAddressWithAPort(host: String) {
        #expect(Array(host.utf8).withUnsafeBytes { HostField.isHost($0) })
    }

    @Test(arguments: [
        "a b", "a,b", "a/b", "a@b", "a:80:80", "x:ab", "[::1", "::1", "[]", "[::1]a", "[::1]:a", "[a/b]", "é",
        "a\u{7F}", "a#", "a?",
        "\"a\"", "a\\b", "<a>", "a:-1", "a: 80",
    ])
    func whatIsNoHostIsRefused(host: String) {
        #expect(!Array(host.utf8).withUnsafeBytes { HostField.isHost($0) })
    }

    @Test func emptyElementsOfAListArePassedOver() {
        func elements(_ value: String) -> [String] {
            Array(value.utf8).withUnsafeBytes { FieldList($0).map { String(decoding: $0, as: UTF8.self) } }
        }
        #expect(elements("") == [])
        #expect(elements(", ,\t,") == [])
        #expect(elements("a") == ["a"])
        #expect(elements(" a ,, b c\t,") == ["a", "b c"])
    }

    @Test func closeWinsAmongConnectionOptions() {
        func options(_ value: String) -> ConnectionOptions {
            Array(value.utf8).withUnsafeBytes { ConnectionOptions($0) }
        }
        #expect(options("upgrade") == [])
        #expect(options("Keep-Alive") == .keepAlive)
        #expect(options("te, CLOSE") == .close)
        let line = Array("GET / HTTP/1.0\r\n".utf8)
        line.withUnsafeBytes { bytes in
            guard let line = try? RequestLine(bytes) else {
                Issue.record("a good line is refused")
                return
            }
            #expect(LibraryHead(line, []).closes)
            #expect(!LibraryHead(line, .keepAlive).closes)
            #expect(LibraryHead(line, [.keepAlive, .close]).closes)
        }
    }

    @Test func eachHeadForTheLibraryFits() {
        for bits in 0..<8 {
            var head = LibraryHead()
            (head.isHead, head.isHTTP10, head.closes) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0)
            let text = head.text.description
            #expect(text.utf8.count <= LibraryHead.maximumBytes && text.hasSuffix("\r\n\r\n"))
            #expect(text.hasPrefix(head.isHead ? "HEAD / " : "GET / "))
        }
    }
}
