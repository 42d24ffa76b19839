// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Takes the chunked coding off a body, to the letter of RFC 9112, section 7.1.
///
/// Every line ends in CR LF. Chunk extensions and trailer fields are checked and dropped, and bounded in length.
struct ChunkedBody {
    /// The most bytes of a chunk's size line: no sender has use for a longer one.
    private static let sizeLineBytes = 1_024

    private enum State {
        case sizeStart
        case size
        /// White space after the size, which only an extension may follow.
        case space
        case chunkExtension
        case sizeLineFeed
        case data
        case dataEnd
        case dataLineFeed
        /// At the start of a trailer line, or of the blank line.
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case endLineFeed
        case ended
    }

    private var state = State.sizeStart
    /// What is left of the chunk, or its size as far as it has come.
    private var size = 0
    /// The bytes of the size line, or of the trailer section, so far.
    private var lineBytes = 0
    private let trailerBytes: Int

    /// - Parameter trailerBytes: the most bytes of all trailer fields.
    init(trailerBytes: Int) { self.trailerBytes = trailerBytes }

    /// Whether the last line has come.
    var hasEnded: Bool { state == .ended }

    /// Reads on.
    ///
    /// - Parameters:
    ///   - bytes: what came; whatever follows the end of the body is left.
    ///   - take: gets the data, piece by piece.
    /// - Returns: how many bytes were read.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        _ take: (UnsafeRawBufferPointer) throws(HTTPFailure) -> Void
    ) throws(HTTPFailure) -> Int {
        var position = 0
        while position < bytes.count, state != .ended {
            if state == .data {
                let count = min(size, bytes.count - position)
                try take(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)]))
                position += count
                size -= count
                if size == 0 { state = .dataEnd }
            } else {
                try step(bytes[position])
                position += 1
            }
        }
        return position
    }

    private mutating func step(_ byte: UInt8) throws(HTTPFailure) {
        switch state {
        case .sizeStart, .size, .space, .chunkExtension, .sizeLineFeed: try stepInSizeLine(byte)
        case .dataEnd: try expect(byte, UInt8(ascii: "\r"), then: .dataLineFeed)
        case .dataLineFeed:
            try expect(byte, UInt8(ascii: "\n"), then: .sizeStart)
            (size, lineBytes) = (0, 0)
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .endLineFeed: try stepInTrailer(byte)
        case .data, .ended: break
        }
    }

    private mutating func stepInSizeLine(_ byte: UInt8) throws(HTTPFailure) {
        lineBytes += 1
        guard lineBytes <= Self.sizeLineBytes else { throw HTTPFailure(.malformedChunk) }
        switch (state, byte) {
        case (.sizeStart, _) where Self.digit(byte) != nil, (.size, _) where Self.digit(byte) != nil: try addDigit(byte)
        case (.size, UInt8(ascii: "\r")), (.chunkExtension, UInt8(ascii: "\r")): state = .sizeLineFeed
        case (.size, UInt8(ascii: ";")), (.space, UInt8(ascii: ";")): state = .chunkExtension
        case (.size, 0x20), (.size, 0x09), (.space, 0x20), (.space, 0x09): state = .space
        case (.chunkExtension, _) where Self.isText(byte): break
        case (.sizeLineFeed, UInt8(ascii: "\n")):
            state = size == 0 ? .trailerStart : .data
            lineBytes = 0
        default: throw HTTPFailure(.malformedChunk)
        }
    }

    private mutating func addDigit(_ byte: UInt8) throws(HTTPFailure) {
        guard let digit = Self.digit(byte) else { throw HTTPFailure(.malformedChunk) }
        guard size <= Int.max >> 4 else { throw HTTPFailure(.bodyTooLarge) }
        size = size << 4 | digit
        state = .size
    }

    private mutating func stepInTrailer(_ byte: UInt8) throws(HTTPFailure) {
        lineBytes += 1
        guard lineBytes <= trailerBytes else { throw HTTPFailure(.headTooLarge) }
        switch (state, byte) {
        case (.trailerStart, UInt8(ascii: "\r")): state = .endLineFeed
        case (.trailerStart, _) where Token.isCharacter(byte): state = .trailerName
        case (.trailerName, UInt8(ascii: ":")): state = .trailerValue
        case (.trailerName, _) where Token.isCharacter(byte): break
        case (.trailerValue, UInt8(ascii: "\r")): state = .trailerLineFeed
        case (.trailerValue, _) where Self.isText(byte): break
        case (.trailerLineFeed, UInt8(ascii: "\n")): state = .trailerStart
        case (.endLineFeed, UInt8(ascii: "\n")): state = .ended
        default: throw HTTPFailure(.malformedChunk)
        }
    }

    private mutating func expect(_ byte: UInt8, _ expected: UInt8, then next: State) throws(HTTPFailure) {
        guard byte == expected else { throw HTTPFailure(.malformedChunk) }
        state = next
    }

    private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte &- UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte &- UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
