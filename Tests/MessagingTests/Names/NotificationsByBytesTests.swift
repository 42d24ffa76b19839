// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing
import Threads

@testable import Messaging

/// Keys, publishers and event types of notifications are compared by their bytes.
struct NotificationsByBytesTests {
    private func notification(_ context: String, _ payload: String, _ text: String = "") throws -> IncomingNotification
    {
        var entries = RequestContext()
        entries.set(context, string: "v")
        let payload = try JSONText("{\(JSONText(string: payload).string): \"v\"}")
        return IncomingNotification(publisherID: text, eventType: text, payload: payload, context: entries)
    }

    @Test(arguments: LookAlikes.pairs)
    func filtersLookAtTheKeysTheyName(_ one: String, _ other: String) throws {
        let context = try NotificationFilter(context: [one: "v"])
        #expect(context.matches(try notification(one, "")))
        #expect(!context.matches(try notification(other, "")))
        let payload = try NotificationFilter(payload: [one: "v"])
        #expect(payload.matches(try notification("", one)))
        #expect(!payload.matches(try notification("", other)))
    }

    @Test(arguments: LookAlikes.pairs)
    func patternsMatchTheTextTheyName(_ one: String, _ other: String) throws {
        for filter in [try NotificationFilter(publisherID: "^\(one)$"), try NotificationFilter(eventType: "\(one)$")] {
            #expect(filter.matches(try notification("", "", one)))
            #expect(!filter.matches(try notification("", "", other)))
        }
        #expect(ShellPattern("\(one)*").matches(one) && !ShellPattern("\(one)*").matches(other))
    }

    @Test func aBaseCharacterMatchesWhateverMarksFollow() throws {
        #expect(try NotificationFilter(publisherID: "^e").matches(notification("", "", "e\u{301}")))
        #expect(ShellPattern("e*").matches("e\u{301}") && !ShellPattern("?").matches("e\u{301}"))
    }

    @Test(arguments: LookAlikes.pairs)
    func onlyTheKeysThatMayTravelDo(_ one: String, _ other: String) {
        var context = RequestContext()
        context.set(one, string: "1")
        context.set(other, string: "2")
        var configuration = NotifierConfiguration(contextKeys: [one])
        #expect(configuration.redacted(context).entries.map(\.value) == [JSONText(string: "1")])
        configuration.contextKeys = [other]
        #expect(configuration.redacted(context).entries.map(\.value) == [JSONText(string: "2")])
    }

    @Test(arguments: ["\u{301}x", "x\u{600}", "\u{301}", "\u{600}"])
    func textsThatClingToTheirQuotesAreSentWhole(_ text: String) throws {
        let outgoing = OutgoingNotification(
            topic: "t",
            priority: .info,
            messageID: text,
            publisherID: text,
            eventType: text,
            payload: .null,
            timestamp: text,
            deadline: .now
        )
        let read = try IncomingNotification(outgoing.body(uniqueID: UniqueID()))
        for field in [read.messageID, read.publisherID, read.eventType, read.timestamp] {
            #expect(field.utf8.elementsEqual(text.utf8))
        }
    }
}
