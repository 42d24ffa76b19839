// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Gateway

struct SilenceWatchTests {
    private let start = Moment.now

    private func lines(_ silent: [Bool]) -> [Int: SilenceWatch.Line] {
        var watch = SilenceWatch()
        var lines: [Int: SilenceWatch.Line] = [:]
        for (second, isSilent) in silent.enumerated() {
            lines[second] = watch.look(isSilent: isSilent, now: start + .seconds(second))
        }
        return lines
    }

    @Test func silenceIsToldOnceAMinuteAndSoIsItsEnd() {
        let told = lines([false] + [Bool](repeating: true, count: 130) + [false, false])
        #expect(
            told == [
                2: .silent(.seconds(1)), 62: .silent(.seconds(61)), 122: .silent(.seconds(121)), 131: .over,
            ]
        )
    }

    @Test func aConnectionJustMadeIsNotSilent() {
        #expect(lines([false, true, false, true, false, false]).isEmpty)
    }
}
