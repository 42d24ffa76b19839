// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

struct RecentIDsTests {
    @Test func aCopyIsKnownAmongTheLastSixteen() {
        var ids = RecentIDs()
        let first = ids.insert("x")
        let others = (0..<15).map { ids.insert("\($0)") }
        let copy = ids.insert("x")
        let sixteenth = ids.insert("15")
        let later = ids.insert("x")
        #expect(first && others.allSatisfy(\.self) && sixteenth)
        #expect(!copy && later)
    }
}
