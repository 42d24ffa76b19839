// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RPCGatewayCommand

struct SecretWordsTests {
    /// The command line with what is hidden in brackets.
    private func marked(_ words: [String]) -> String {
        let bytes = words.reduce(into: [UInt8]()) { $0 += Array($1.utf8) + [0] }
        var text: [UInt8] = []
        let parts = SecretWords.parts(of: bytes)
        for (index, byte) in bytes.enumerated() {
            if parts.contains(where: { $0.lowerBound == index }) { text.append(UInt8(ascii: "[")) }
            text.append(byte == 0 ? 0x20 : byte)
            if parts.contains(where: { $0.upperBound == index + 1 }) { text.append(UInt8(ascii: "]")) }
        }
        return String(decoding: text.dropLast(), as: UTF8.self)
    }

    @Test(arguments: [
        (["x", "serve", "--transport-url", "rabbit://a:b@c/"], "x serve --transport-url [rabbit://a:b@c/]"),
        (["x", "--transport-url=rabbit://a", "--demo", "no"], "x --transport-url=[rabbit://a] --demo no"),
        (["x", "--set", "transport.url=rabbit://a"], "x --set transport.url=[rabbit://a]"),
        (["x", "--set=transport.url=r", "--set", "rpc.retry=1"], "x --set=transport.url=[r] --set rpc.retry=1"),
        (["x", "--transport-url", "a", "--transport-url", "b"], "x --transport-url [a] --transport-url [b]"),
        (["x", "call", "t", "m", "transport.url=a"], "x call t m transport.url=a"),
        (["x", "--transport-url", ""], "x --transport-url "), (["x", "--transport-url"], "x --transport-url"),
        (["x", "--transport-urls=a"], "x --transport-urls=a"),
    ]) func valuesOfSecretsAreFound(_ words: [String], _ expected: String) {
        #expect(marked(words) == expected)
    }
}
