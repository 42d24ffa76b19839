// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import Messaging

@Suite struct TransportURLErrorTests {
    @Test(arguments: [
        ("", TransportURLError.Reason.missingScheme, 0), ("localhost", .missingScheme, 0),
        ("rabbit:/h", .missingScheme, 0),
        ("://h", .missingScheme, 0), ("1rabbit://h", .invalidScheme, 0), ("ra_bbit://h", .invalidScheme, 0),
        ("rabbit://h:", .invalidPort, 11), ("rabbit://h:x", .invalidPort, 11), ("rabbit://h:0", .invalidPort, 11),
        ("rabbit://h:65536", .invalidPort, 11), ("rabbit://h:99999999999999999999", .invalidPort, 11),
        ("rabbit://h:-1", .invalidPort, 11), ("rabbit://h:1:2x", .invalidPort, 11),
        ("rabbit://[::1", .invalidAddress, 9),
        ("rabbit://[::1]x", .invalidAddress, 14), ("rabbit://[host]", .invalidAddress, 10),
        ("rabbit://[]", .invalidAddress, 10), ("rabbit://h1,h 2", .invalidHost, 13),
        ("rabbit://a, b", .invalidHost, 11),
        ("rabbit://h\u{7}", .controlCharacter, 10), ("rabbit://u:%00@h", .controlCharacter, 11),
        ("rabbit://u:%FF@h", .invalidUTF8, 11), ("rabbit://h/%C3", .invalidUTF8, 11),
        ("rabbit://h/?a=%80", .invalidUTF8, 14),
    ])
    func anErrorSaysWhatIsWrongAndWhere(_ text: String, _ reason: TransportURLError.Reason, _ offset: Int) {
        #expect(throws: TransportURLError(reason: reason, offset: offset)) { try TransportURL(text) }
    }

    @Test(arguments: [
        "rabbit://user:hunter2/x@host/", "rabbit://user:hunter2?x@host/", "rabbit://user:hunter2#x@host/",
        "user:hunter2@host", "rabbit://user:hunter2%FF@host", "rabbit://hunter2 @[x",
    ])
    func noErrorShowsAPartOfThePassword(_ text: String) {
        do throws(TransportURLError) {
            _ = try TransportURL(text)
            Issue.record("accepted")
        } catch {
            #expect(!"\(error) \(String(reflecting: error))".contains("hunter2"))
        }
    }

    @Test func noBytesAtAllCrashTheParser() {
        var random = SeededRandom(seed: 1)
        let alphabet = Array("rabbit://[]@:,/?#&=%25+.\u{0}é ".unicodeScalars)
        for _ in 0..<20_000 {
            let scalars = (0..<Int.random(in: 0...24, using: &random)).compactMap { _ in
                alphabet.randomElement(using: &random)
            }
            let text = (Bool.random(using: &random) ? "rabbit://" : "") + scalars.map { String($0) }.joined()
            guard let url = try? TransportURL(text) else { continue }
            #expect((try? TransportURL(url.text)) == url, "\(text)")
        }
    }
}
