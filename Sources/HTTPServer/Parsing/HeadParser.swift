// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Reads the header lines of a head, each `name ":" OWS value OWS CR LF`, and the blank line (RFC 9112, section 5).
///
/// What that section lets a recipient repair is refused: a bare LF, a folded line, a space before the colon.
struct HeadParser {
    /// The fields that decide about the body's length and the host, found in the same pass.
    struct Summary: Equatable {
        var hosts = 0
        var contentLengths = 0
        var transferEncodings = 0
        var expectations = 0
        var connectionOptions: ConnectionOptions = []
        var firstHost: Range<Int> = 0..<0
        var firstContentLength: Range<Int> = 0..<0
        var firstTransferEncoding: Range<Int> = 0..<0
        var firstExpectation: Range<Int> = 0..<0
    }

    private let head: UnsafeRawBufferPointer
    private var position = 0
    private var entries: [RequestFields.Entry]
    private var present: UInt64 = 0
    private var summary = Summary()

    private init(_ head: UnsafeRawBufferPointer, _ entries: consuming [RequestFields.Entry]) {
        self.head = head
        self.entries = entries
        self.entries.reserveCapacity(12)
    }

    /// The fields of a head; the buffer begins after the request line and ends with the blank line.
    ///
    /// - Parameter fields: those of an earlier head, whose memory is used again.
    static func parse(
        _ head: UnsafeRawBufferPointer,
        reusing fields: consuming RequestFields
    ) throws(HTTPFailure) -> (fields: RequestFields, summary: Summary) {
        var (bytes, entries) = fields.emptied()
        var parser = HeadParser(head, exchange(&entries, with: []))
        while !parser.isAtBlankLine { try parser.readLine() }
        try parser.expectLineEnd()
        guard parser.position == head.count else { throw HTTPFailure(.malformedLine) }
        bytes.append(contentsOf: head)
        return (RequestFields(bytes: bytes, entries: parser.entries, present: parser.present), parser.summary)
    }

    private var isAtBlankLine: Bool { position >= head.count || head[position] == UInt8(ascii: "\r") }

    private mutating func expectLineEnd() throws(HTTPFailure) {
        guard position + 2 <= head.count, head[position] == UInt8(ascii: "\r"), head[position + 1] == UInt8(ascii: "\n")
        else {
            throw HTTPFailure(.malformedLine)
        }
        position += 2
    }

    private mutating func readLine() throws(HTTPFailure) {
        guard entries.count < HeadLimits.fields else { throw HTTPFailure(.headTooLarge) }
        let name = try readName()
        let value = try readValue()
        try expectLineEnd()
        entries.append(RequestFields.Entry(name: Self.compact(name), value: Self.compact(value)))
        present |= RequestFields.mark(head[name.lowerBound], count: name.count)
        note(name, value)
    }

    private mutating func readName() throws(HTTPFailure) -> Range<Int> {
        let start = position
        while position < head.count, Token.isCharacter(head[position]) { position += 1 }
        guard position > start, position < head.count, head[position] == UInt8(ascii: ":") else {
            // A line that begins with a space is folded; anything else is a defect of the name.
            let folds = position == start && position < head.count && (head[position] == 0x20 || head[position] == 0x09)
            throw HTTPFailure(folds ? .malformedLine : .malformedFieldName)
        }
        defer { position += 1 }
        return start..<position
    }

    private mutating func readValue() throws(HTTPFailure) -> Range<Int> {
        var start = position
        while position + 8 <= head.count, isText(head.loadUnaligned(fromByteOffset: position, as: UInt64.self)) {
            position += 8
        }
        while position < head.count, head[position] != UInt8(ascii: "\r") {
            let byte = head[position]
            guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
                throw HTTPFailure(byte == UInt8(ascii: "\n") ? .malformedLine : .malformedFieldValue)
            }
            position += 1
        }
        var end = position
        while start < end, head[start] == 0x20 || head[start] == 0x09 { start += 1 }
        while start < end, head[end - 1] == 0x20 || head[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }

    /// Whether none of eight bytes is a control character or NUL.
    private func isText(_ word: UInt64) -> Bool {
        let (ones, tops) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
        // The tests of a word for a byte below a bound and for a byte that is zero (Hacker's Delight, section 6-1).
        let controls = (word &- ones &* 0x20) & ~word
        let deletes = word ^ ones &* 0x7F
        return (controls | (deletes &- ones) & ~deletes) & tops == 0
    }

    private mutating func note(_ name: Range<Int>, _ value: Range<Int>) {
        switch name.count {
        case 4 where matches(name, "host"):
            if summary.hosts == 0 { summary.firstHost = value }
            summary.hosts += 1
        case 6 where matches(name, "expect"):
            if summary.expectations == 0 { summary.firstExpectation = value }
            summary.expectations += 1
        case 10 where matches(name, "connection"):
            summary.connectionOptions.formUnion(ConnectionOptions(UnsafeRawBufferPointer(rebasing: head[value])))
        case 14 where matches(name, "content-length"):
            if summary.contentLengths == 0 { summary.firstContentLength = value }
            summary.contentLengths += 1
        case 17 where matches(name, "transfer-encoding"):
            if summary.transferEncodings == 0 { summary.firstTransferEncoding = value }
            summary.transferEncodings += 1
        default: break
        }
    }

    private func matches(_ range: Range<Int>, _ lowercaseName: StaticString) -> Bool {
        Token.equals(UnsafeRawBufferPointer(rebasing: head[range]), lowercaseName)
    }

    private static func compact(_ range: Range<Int>) -> Range<UInt32> {
        UInt32(truncatingIfNeeded: range.lowerBound)..<UInt32(truncatingIfNeeded: range.upperBound)
    }
}
