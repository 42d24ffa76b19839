// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension JSONText {
    /// The elements of an array in their order; nil for other values.
    public var elements: [JSONText]? {
        elements(atMost: .max)
    }

    /// The elements of an array in their order; nil for other values, and for more elements, which are then not read.
    public func elements(atMost limit: Int) -> [JSONText]? {
        var elements: [JSONText] = []
        let isArray = forEachElement { range in
            elements.append(slice(range))
            return elements.count <= limit
        }
        return isArray && elements.count <= limit ? elements : nil
    }

    /// At most so many of the last elements of an array, in their order; nil for other values.
    func lastElements(_ count: Int) -> [JSONText]? {
        // A ring: once it is full, `next` is the place of the oldest.
        var (ranges, next): ([Range<Int>], Int) = ([], 0)
        let isArray = forEachElement { range in
            if ranges.count < count {
                ranges.append(range)
            } else if count > 0 {
                ranges[next] = range
                next = next + 1 == count ? 0 : next + 1
            }
            return true
        }
        return isArray ? (ranges[next...] + ranges[..<next]).map { slice($0) } : nil
    }

    /// Calls the closure with the range of each element of an array until it returns false; false for other values.
    private func forEachElement(_ body: (Range<Int>) -> Bool) -> Bool {
        guard bytes.first == 0x5b else { return false }
        let span = bytes.span
        var scanner = JSONScanner()
        scanner.index = 1
        while true {
            scanner.skipWhitespace(span)
            guard let byte = try? scanner.peek(span), byte != 0x5d else { return true }
            guard body(scanner.validatedValue(span)) else { return true }
            scanner.skipWhitespace(span)
            if (try? scanner.expect(0x2c, span)) == nil { return true }
        }
    }

    /// The part of this text at a range counted from its start.
    func slice(_ range: Range<Int>) -> JSONText {
        JSONText(validated: bytes[(bytes.startIndex + range.lowerBound)..<(bytes.startIndex + range.upperBound)])
    }
}
