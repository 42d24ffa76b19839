// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Observability

struct LogTimeTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_795_235_694_007, "2026-11-21T04:34:54.007Z"),
        (4_102_444_799_000, "2099-12-31T23:59:59.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func momentsAreWrittenAsRFC3339(milliseconds: Int64, text: String) {
        #expect(LogTime(milliseconds: milliseconds).text == text)
    }
}
