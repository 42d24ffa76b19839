// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

extension JSONText {
    /// The elements of an array in their order; nil for other values.
    public var elements: [JSONText]? {
        var elements: [JSONText] = []
        return forEachElement({ elements.append(slice($0)) }) ? elements : nil
    }

    /// The last elements of an array, so many at the most, in their order; nil for other values.
    func lastElements(_ count: Int) -> [JSONText]? {
        var ranges = Deque<Range<Int>>()
        let isArray = forEachElement { range in
            if ranges.count == count { ranges.removeFirst() }
            ranges.append(range)
        }
        return isArray ? ranges.map { slice($0) } : nil
    }

    /// Gives the range of each element of an array; false for other values.
    private func forEachElement(_ body: (Range<Int>) -> Void) -> Bool {
        guard bytes.first == 0x5b else { return false }
        let span = bytes.span
        var scanner = JSONScanner(takesPythonConstants: true)
        scanner.index = 1
        while true {
            scanner.skipWhitespace(span)
            guard let byte = try? scanner.peek(span), byte != 0x5d, let range = try? scanner.value(span) else {
                return true
            }
            body(range)
            scanner.skipWhitespace(span)
            if (try? scanner.expect(0x2c, span)) == nil { return true }
        }
    }

    /// The part of this text at a range counted from its start.
    func slice(_ range: Range<Int>) -> JSONText {
        JSONText(validated: bytes[(bytes.startIndex + range.lowerBound)..<(bytes.startIndex + range.upperBound)])
    }
}
