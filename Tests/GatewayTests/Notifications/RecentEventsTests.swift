// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Names
import Testing

@testable import Gateway

@Suite struct RecentEventsTests {
    private func event(_ number: Int, bytes: Int = 0) -> NotificationEvent {
        let filling = JSONText(string: String(repeating: "x", count: bytes))
        return NotificationEvent(IncomingNotification(messageID: "\(number)", payload: filling))
    }

    @Test func whatCameAfterAnEventIsFoundWhileItIsKept() {
        var recent = RecentEvents(capacity: 3)
        for number in 1...5 { recent.append(event(number)) }
        #expect(recent.last == 5)
        #expect(recent.number(of: "2") == nil)
        let number = recent.number(of: "3")
        #expect(number == 3)
        #expect(recent.after(3).map(\.id) == ["4", "5"])
        #expect(recent.after(5).isEmpty)
    }

    @Test func manyBytesAreNotKept() {
        var recent = RecentEvents(capacity: 100)
        for number in 1...10 { recent.append(event(number, bytes: 1 << 20)) }
        #expect(recent.after(0).count < 4)
        recent.append(event(11, bytes: 8 << 20))
        #expect(recent.after(0).isEmpty)
        #expect(recent.last == 11)
    }

    @Test func nothingIsKeptWithoutCapacity() {
        var recent = RecentEvents(capacity: 0)
        recent.append(event(1))
        #expect(recent.number(of: "1") == nil && recent.after(0).isEmpty && recent.last == 1)
    }
}
