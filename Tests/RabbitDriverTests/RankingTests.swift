// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import RabbitDriver

struct RankingTests {
    private let start = Moment(nanoseconds: 1_000_000_000)

    @Test func hostsTakeTurns() {
        var ranking = Ranking(count: 3)
        #expect(
            (0..<4).map { _ in ranking.next(startingAt: nil, now: start) } == [
                [0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2],
            ]
        )
        #expect(ranking.next(startingAt: 2, now: start) == [2, 0, 1])
    }

    @Test func whoHasJustFailedComesLast() {
        var ranking = Ranking(count: 3)
        ranking.note(0, hasFailed: true, now: start + .seconds(1))
        ranking.note(1, hasFailed: true, now: start)
        #expect(ranking.next(startingAt: 0, now: start + .seconds(2)) == [2, 1, 0])
        ranking.note(0, hasFailed: false, now: start + .seconds(3))
        #expect(ranking.next(startingAt: 0, now: start + .seconds(3)) == [0, 2, 1])
        #expect(ranking.next(startingAt: 1, now: start + Ranking.memory) == [1, 2, 0])
    }
}
