// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Compression

struct ZlibTests {
    @Test(arguments: [0, 1, 100, 65_536, 65_537, 1_000_000])
    func whatIsCompressedComesBack(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
        #expect(try Zlib.decompress(Zlib.compress(bytes), maximumBytes: count) == bytes)
    }

    @Test func readsWhatPythonWrote() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Vectors/call_reply_compressed.json"))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let digits = Array(try #require(object["body_hex"] as? String))
        let body = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        let text = String(decoding: try Zlib.decompress(body, maximumBytes: 10_000), as: UTF8.self)
        #expect(text == object["body_utf8"] as? String)
    }

    @Test func aBombIsStoppedAtTheLimit() {
        let bomb = Zlib.compress([UInt8](repeating: 0, count: 50_000_000))
        #expect(bomb.count < 100_000)
        #expect(throws: Zlib.Failure.tooLarge) { try Zlib.decompress(bomb, maximumBytes: 1_000_000) }
    }

    @Test func damagedDataIsRefused() {
        let good = Zlib.compress(Array("hello hello hello".utf8))
        for length in 0..<good.count {
            #expect(throws: Zlib.Failure.corrupt) {
                try Zlib.decompress(Array(good.prefix(length)), maximumBytes: 1000)
            }
        }
        #expect(throws: Zlib.Failure.corrupt) { try Zlib.decompress(Array("plain text".utf8), maximumBytes: 1000) }
    }
}
