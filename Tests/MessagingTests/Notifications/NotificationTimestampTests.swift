// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Messaging
import Testing

struct NotificationTimestampTests {
    @Test(
        arguments: [
            (0, 0, "1970-01-01 00:00:00.000000"),
            (1_795_228_473, 724_391, "2026-11-21 02:34:33.724391"),
            (951_782_400, 1, "2000-02-29 00:00:00.000001"),
            (4_107_542_399, 999_999, "2100-02-28 23:59:59.999999"),
            (4_107_542_400, 0, "2100-03-01 00:00:00.000000"),
            (-1, 0, "1969-12-31 23:59:59.000000"),
        ] as [(Int64, Int64, String)]
    )
    func aTimeIsWrittenAsPythonWritesIt(_ seconds: Int64, _ microseconds: Int64, _ text: String) {
        #expect(NotificationTimestamp.text(.seconds(seconds) + .microseconds(microseconds)) == text)
    }

    @Test func everyDayOfFiveCenturiesHasFoundationsDate() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: Int64(0), to: 182_621, by: 7) {
            let date = Date(timeIntervalSince1970: TimeInterval(day * 86_400))
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let text = NotificationTimestamp.text(.seconds(day * 86_400)).prefix(10).split(separator: "-").map {
                Int($0)
            }
            #expect(text == [parts.year, parts.month, parts.day])
        }
    }

    @Test func thePresentIsNow() {
        let seconds = NotificationTimestamp.now().components.seconds
        #expect(abs(seconds - Int64(Date().timeIntervalSince1970)) <= 1)
    }
}
