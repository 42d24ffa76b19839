// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

struct NotificationCopiesTests {
    private var copies = NotificationCopies<String>(capacity: 2)

    @Test mutating func aCopyOfWhatWasHandledIsDropped() {
        let first = copies.begin("a", "first")
        let kept = copies.finish("a", isHandled: true)
        let second = copies.begin("a", "second")
        #expect(first == .first && kept.isEmpty && second == .handled)
    }

    @Test mutating func aCopyOfWhatWentBackIsHandled() {
        _ = copies.begin("a", "first")
        _ = copies.finish("a", isHandled: false)
        let second = copies.begin("a", "second")
        #expect(second == .first)
    }

    @Test mutating func aCopyOfWhatIsBeingHandledSharesItsFate() {
        _ = copies.begin("a", "first")
        let second = copies.begin("a", "second")
        let third = copies.begin("a", "third")
        let kept = copies.finish("a", isHandled: true)
        #expect(second == .kept && third == .kept && kept == ["second", "third"])
    }

    @Test mutating func onlyTheLastAreRemembered() {
        for id in ["a", "b", "b", "c"] {
            _ = copies.begin(id, id)
            _ = copies.finish(id, isHandled: true)
        }
        let verdicts = ["c", "b", "a"].map { copies.begin($0, $0) }
        #expect(verdicts == [.handled, .handled, .first])
    }

    @Test mutating func withoutAnIdentifierNothingIsACopy() {
        let first = copies.begin(nil, "first")
        let second = copies.begin(nil, "second")
        let kept = copies.finish(nil, isHandled: true)
        let third = copies.begin(nil, "third")
        #expect(first == .first && second == .first && kept.isEmpty && third == .first)
    }
}
