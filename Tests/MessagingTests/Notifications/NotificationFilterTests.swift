// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

struct NotificationFilterTests {
    private func notification(payload: String = #"{"state": "active"}"#) throws -> IncomingNotification {
        var context = RequestContext()
        context.set("tenant_id", string: "5f643cfc")
        context.set("is_admin", try JSONText("true"))
        return IncomingNotification(
            messageID: "b8d4",
            publisherID: "compute.host1",
            eventType: "compute.instance.create.end",
            priority: "info",
            payload: try JSONText(payload),
            timestamp: "Aug 2026",
            context: context
        )
    }

    @Test func anEmptyFilterLetsEverythingPass() throws {
        #expect(try NotificationFilter().matches(notification(payload: "null")))
        #expect(try NotificationFilter().matches(IncomingNotification()))
    }

    @Test(arguments: [
        ("^compute.*", true), ("compute", true), ("host1", false), ("^compute$", false), (".*host\\d$", true),
        ("", true), ("(?i)COMPUTE", true),
    ])
    func aPatternMatchesFromTheStart(_ pattern: String, _ isMatch: Bool) throws {
        #expect(try NotificationFilter(publisherID: pattern).matches(notification()) == isMatch)
    }

    @Test func everyPartHasToMatch() throws {
        let event = #"^compute\.instance\..*"#
        #expect(try NotificationFilter(publisherID: "^compute", eventType: event).matches(notification()))
        #expect(try !NotificationFilter(publisherID: "^network", eventType: event).matches(notification()))
        #expect(try !NotificationFilter(publisherID: "^compute", eventType: "^volume").matches(notification()))
    }

    @Test func theContextIsLookedAtByKeys() throws {
        #expect(try NotificationFilter(context: ["tenant_id": "^5f"]).matches(notification()))
        #expect(try !NotificationFilter(context: ["tenant_id": "^6f"]).matches(notification()))
        #expect(try !NotificationFilter(context: ["missing": ".*"]).matches(notification()))
        #expect(try !NotificationFilter(context: ["is_admin": ".*"]).matches(notification()))
    }

    @Test func theMetadataAreIdentifierAndTimestamp() throws {
        #expect(try NotificationFilter(metadata: ["timestamp": "Aug", "message_id": "b8"]).matches(notification()))
        #expect(try !NotificationFilter(metadata: ["timestamp": "2026"]).matches(notification()))
        #expect(try !NotificationFilter(metadata: ["host": ".*"]).matches(notification()))
    }

    @Test(arguments: [
        (#"{"state": "active"}"#, true), (#"{"state": "inactive"}"#, false), (#"{}"#, false),
        (#"{"state": ["active"]}"#, false), (#"{"state": null}"#, false), (#"{"st\u0061te": "active"}"#, true),
        (#"{"state": "x", "state": "active"}"#, true), (#"{"state": "active", "state": "x"}"#, false),
        (#""state""#, false), ("null", false), (#"["state"]"#, false),
    ])
    func thePayloadIsLookedAtByKeys(_ payload: String, _ isMatch: Bool) throws {
        #expect(
            try NotificationFilter(payload: ["state": "^active$"]).matches(notification(payload: payload)) == isMatch
        )
    }

    @Test(arguments: [
        (#"{"image": {"meta": {"os": "linux"}, "n": 1}}"#, true), (#"{"image": {"meta": {"os": "bsd"}}}"#, false),
        (#"{"image": {"meta": "os"}}"#, false), (#"{"image": {}}"#, false),
    ])
    func objectsInThePayloadAreLookedInto(_ payload: String, _ isMatch: Bool) throws {
        let filter = try NotificationFilter(payload: ["image": ["meta": ["os": "^linux"]]])
        #expect(filter.matches(try notification(payload: payload)) == isMatch)
    }

    @Test func aPayloadWithPythonsConstantsIsLookedAtToo() throws {
        let body = #"{"payload": {"load": NaN, "state": "active"}, "priority": "INFO"}"#
        let notification = try IncomingNotification(Array(body.utf8))
        #expect(try NotificationFilter(payload: ["state": "active"]).matches(notification))
    }

    @Test func textIsComparedAsPythonDoes() throws {
        let notification = IncomingNotification(publisherID: "cafe\u{301}")
        #expect(try !NotificationFilter(publisherID: "^caf\u{e9}").matches(notification))
        #expect(try NotificationFilter(publisherID: "^.{5}$").matches(notification))
        #expect(try !NotificationFilter(publisherID: #"\b."#).matches(IncomingNotification(publisherID: ".host")))
    }

    @Test func aBrokenPatternNamesItsField() throws {
        let error = try #require(throws: MessagingError.self) {
            try NotificationFilter(payload: ["image": ["name": "(unclosed"]])
        }
        #expect(error.code == .invalidRequest)
        #expect(error.message.hasPrefix(#"filter of payload.image.name: "(unclosed" is no regular expression"#))
    }
}
