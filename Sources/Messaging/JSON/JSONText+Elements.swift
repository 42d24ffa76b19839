// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension JSONText {
    /// The elements of an array in their order; nil for other values.
    public var elements: [JSONText]? {
        guard bytes.first == 0x5b else { return nil }
        let span = bytes.span
        var scanner = JSONScanner()
        scanner.index = 1
        var elements: [JSONText] = []
        while true {
            scanner.skipWhitespace(span)
            guard let byte = try? scanner.peek(span), byte != 0x5d, let range = try? scanner.value(span) else {
                return elements
            }
            elements.append(slice(range))
            scanner.skipWhitespace(span)
            if (try? scanner.expect(0x2c, span)) == nil { return elements }
        }
    }

    /// The part of this text at a range counted from its start.
    private func slice(_ range: Range<Int>) -> JSONText {
        JSONText(validated: bytes[(bytes.startIndex + range.lowerBound)..<(bytes.startIndex + range.upperBound)])
    }
}
