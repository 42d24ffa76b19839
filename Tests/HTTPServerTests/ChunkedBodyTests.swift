// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct ChunkedBodyTests {
    /// What became of a chunked body: its data and how many bytes it took, or why it was refused.
    private enum Outcome: Equatable {
        case ended(String, rest: Int)
        case more(String)
        case refused(HTTPFailure.Reason)
    }

    private func read(_ text: String, cutAt cut: Int? = nil, trailerBytes: Int = 100) -> Outcome {
        var chunks = ChunkedBody(trailerBytes: trailerBytes)
        var data: [UInt8] = []
        let bytes = Array(text.utf8)
        var position = 0
        do throws(HTTPFailure) {
            for end in [cut, bytes.count].compactMap({ $0 }) {
                let piece = Array(bytes[position..<end])
                position += try Self.feed(piece, to: &chunks, &data)
            }
        } catch {
            return .refused(error.reason)
        }
        let text = String(decoding: data, as: UTF8.self)
        return chunks.hasEnded ? .ended(text, rest: bytes.count - position) : .more(text)
    }

    private static func feed(
        _ piece: [UInt8],
        to chunks: inout ChunkedBody,
        _ data: inout [UInt8]
    ) throws(HTTPFailure) -> Int {
        var taken: [UInt8] = []
        let result = piece.withUnsafeBytes { bytes -> Result<Int, HTTPFailure> in
            do throws(HTTPFailure) {
                return .success(try chunks.read(bytes) { taken += $0 })
            } catch {
                return .failure(error)
            }
        }
        data += taken
        return try result.get()
    }

    private static let good: [(text: String, data: String)] = [
        ("0\r\n\r\n", ""), ("3\r\nabc\r\n0\r\n\r\n", "abc"), ("1\r\na\r\n2\r\nbc\r\n00\r\n\r\n", "abc"),
        ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
        ("1;x\r\na\r\n0;y=\"z;\"\r\n\r\n", "a"), ("1 ;x\r\na\r\n0\r\n\r\n", "a"), ("0\r\nX: y\r\nZ:\r\n\r\n", ""),
        ("0001\r\na\r\n0\r\n\r\n", "a"),
    ]

    @Test(arguments: good.indices) func aBodyIsTheSameWhereverItsPiecesWereCut(index: Int) {
        let (text, data) = Self.good[index]
        #expect(read(text) == .ended(data, rest: 0))
        #expect(read(text + "GET /") == .ended(data, rest: 5))
        for cut in 0..<text.utf8.count { #expect(read(text, cutAt: cut) == .ended(data, rest: 0), "\(cut)") }
        for count in 0..<text.utf8.count {
            guard case .more = read(String(decoding: Array(text.utf8).prefix(count), as: UTF8.self)) else {
                Issue.record("\(count) of \(text.debugDescription) are not waited for")
                continue
            }
        }
    }

    @Test(arguments: [
        "1\na\r\n0\r\n\r\n", "1\r\na\n0\r\n\r\n", "1\r\na\r\n0\n\r\n", "1\r\na\r\n0\r\n\n", "1\r\na\r\n0\r\nX: y\n\r\n",
        "1\r\na0\r\n\r\n", "1\r\nab\r\n0\r\n\r\n", "1;a\rb\r\na\r\n0\r\n\r\n", "1\ra\r\n0\r\n\r\n", "\r\n", ";a\r\n",
        "x\r\n",
        "0x1\r\n", "+1\r\n", "-1\r\n", " 1\r\n", "1 \r\n", "1;\u{0}\r\n", "1;\u{7F}\r\n", "0\r\nX y: z\r\n\r\n",
        "0\r\n: z\r\n\r\n",
        "0\r\nX: \u{1}\r\n\r\n", "0\r\n X: y\r\n\r\n", "0\r\nno trailer\r\n\r\n",
    ])
    func whatIsNotToTheLetterIsRefused(text: String) {
        #expect(read(text) == .refused(.malformedChunk))
        for cut in 0..<text.utf8.count { #expect(read(text, cutAt: cut) == .refused(.malformedChunk), "\(cut)") }
    }

    @Test func linesAreBounded() {
        #expect(read("1;" + String(repeating: "a", count: 1_023)) == .refused(.malformedChunk))
        #expect(read(String(repeating: "0", count: 1_025)) == .refused(.malformedChunk))
        #expect(read(String(repeating: "0", count: 1_000) + "1\r\na\r\n0\r\n\r\n") == .ended("a", rest: 0))
        #expect(read("0\r\nX: " + String(repeating: "a", count: 98)) == .refused(.headTooLarge))
        #expect(read("ffffffffffffffff\r\n") == .refused(.bodyTooLarge))
        #expect(read("0\r\n" + String(repeating: "X: a\r\n", count: 17)) == .refused(.headTooLarge))
    }
}
