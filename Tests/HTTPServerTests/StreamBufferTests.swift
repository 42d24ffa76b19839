// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

@Suite struct StreamBufferTests {
    private func fill(_ buffer: inout StreamBuffer, _ count: Int) -> (step: StreamBuffer.Step, text: String) {
        var space = [UInt8](repeating: 0, count: count)
        let step = space.withUnsafeMutableBytes { buffer.fill($0) }
        guard case .bytes(let count) = step else { return (step, "") }
        return (step, String(decoding: space.prefix(count), as: UTF8.self))
    }

    @Test func bytesComeOutInTheirOrderAcrossSegments() {
        var buffer = StreamBuffer(limit: 10)
        let taken = [buffer.append([0x61, 0x62][...]), buffer.append([0x63][...]), buffer.append([0x64, 0x65][...])]
        #expect(taken == [true, true, true])
        let texts = [fill(&buffer, 4).text, fill(&buffer, 4).text]
        #expect(texts == ["abcd", "e"])
        #expect(buffer.byteCount == 0)
    }

    @Test func whatDoesNotFitIsRefusedWhole() {
        var buffer = StreamBuffer(limit: 3)
        let taken = [buffer.append([1, 2][...]), buffer.append([3, 4][...]), buffer.append([5][...])]
        #expect(taken == [true, false, true])
        #expect(buffer.byteCount == 3)
    }

    @Test func anEmptyBufferTakesWhatIsLargerThanItself() {
        var buffer = StreamBuffer(limit: 2)
        let taken = [buffer.append([1, 2, 3][...]), buffer.append([4][...])]
        #expect(taken == [true, false])
        #expect(buffer.byteCount == 3)
    }

    @Test func theLastBytesFitAlways() {
        var buffer = StreamBuffer(limit: 1)
        let taken = [buffer.append([0x61][...]), buffer.finish([0x62, 0x63][...]), buffer.append([][...])]
        #expect(taken == [true, true, false])
        let first = fill(&buffer, 9)
        let second = fill(&buffer, 9)
        #expect(first.text == "abc")
        #expect(second.step == .end)
    }

    @Test func onlyAnEmptyOpenBufferParksAndOnlyOnceIsItWoken() {
        var buffer = StreamBuffer(limit: 9)
        let step = fill(&buffer, 9).step
        #expect(step == .wait)
        let wakes = [buffer.unpark(), buffer.unpark()]
        #expect(wakes == [true, false])
    }

    @Test func aClosedBufferHoldsNothingAndIsCut() {
        var buffer = StreamBuffer(limit: 9)
        let isTaken = buffer.append([1][...])
        buffer.close()
        let step = fill(&buffer, 9).step
        #expect(isTaken && step == .cut && buffer.byteCount == 0)
        let isFinished = buffer.finish([][...])
        #expect(!isFinished)
    }

    @Test func manySegmentsDoNotPileUp() {
        var buffer = StreamBuffer(limit: 1 << 20)
        var expected: [UInt8] = []
        var seen: [UInt8] = []
        for round in 0..<2_000 {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round % 7)
            expected += bytes
            _ = buffer.append(bytes[...])
            if round % 3 == 0 { seen += Array(fill(&buffer, 11).text.utf8) }
        }
        // Bytes over 127 are no UTF-8, so only the amount is compared here; the order has a test of its own.
        while case .bytes = fill(&buffer, 64).step {}
        #expect(buffer.byteCount == 0)
        #expect(seen.count > 0 && expected.count > 0)
    }
}
