// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing
import Threads

struct NotifierTests {
    private struct Refusal: Error, CustomStringConvertible { let description = "refused" }

    private struct Refusing: NotifierDriver {
        let name: String
        func notify(_ notification: NotificationMessage) async throws { throw Refusal() }
    }

    private struct Upper: Serializer {
        func serialize(_ argument: JSONText, context: RequestContext) throws -> JSONText {
            try JSONText(argument.string.uppercased())
        }
        func deserialize(_ result: JSONText, context: RequestContext) -> JSONText { result }
        func serialize(_ context: RequestContext) -> RequestContext {
            var context = context
            context.set("serialized", string: "yes")
            return context
        }
    }

    private let recorder = RecordingNotifierDriver()

    private func notifier(_ configuration: NotifierConfiguration = NotifierConfiguration()) -> Notifier {
        Notifier(
            drivers: [recorder],
            publisherID: "compute.host1",
            configuration: configuration,
            now: { .seconds(1_795_228_473) + .microseconds(724_391) }
        )
    }

    @Test func aNotificationSaysWhoWhatWhenAndHowUrgent() async throws {
        let start = Moment.now
        await notifier().warn("disk.full", ["host": "a"])
        let message = try #require(recorder.notifications.first)
        #expect(message.publisherID == "compute.host1" && message.eventType == "disk.full")
        #expect(message.priority == .warn && message.payload.string == #"{"host":"a"}"#)
        #expect(message.timestamp == "2026-11-21 02:34:33.724391" && message.messageID.count == 36)
        #expect(message.retry == nil && message.deadline >= start.advanced(by: .seconds(30)))
    }

    @Test func everyPriorityHasItsFunctions() async throws {
        let notifier = notifier()
        let payload = try JSONText("[1.0]")
        await notifier.audit("e", payload)
        await notifier.debug("e", payload)
        await notifier.info("e", payload)
        await notifier.warn("e", payload)
        await notifier.error("e", payload)
        await notifier.critical("e", payload)
        await notifier.sample("e", payload)
        #expect(recorder.notifications.map(\.priority) == NotificationPriority.allCases)
        #expect(recorder.notifications.allSatisfy { $0.payload == payload })
    }

    @Test func typedPayloadsOfEveryPriorityAreJSON() async {
        let notifier = notifier()
        await notifier.audit("e", 1)
        await notifier.debug("e", 1)
        await notifier.info("e", 1)
        await notifier.warn("e", 1)
        await notifier.error("e", 1)
        await notifier.critical("e", 1)
        await notifier.sample("e", 1)
        #expect(recorder.notifications.map(\.priority) == NotificationPriority.allCases)
        #expect(recorder.notifications.allSatisfy { $0.payload.string == "1" })
    }

    @Test func credentialsInTheContextDoNotTravel() async throws {
        var context = RequestContext()
        context.set("user_id", string: "ann")
        context.set("auth_token", string: "gAAAA")
        context.set("service_catalog", try JSONText("[]"))
        await notifier().info("e", context: context)
        await notifier(NotifierConfiguration(contextKeys: nil)).info("e", context: context)
        await notifier(NotifierConfiguration(contextKeys: [])).info("e", context: context)
        let keys = recorder.notifications.map { $0.context.entries.map(\.key) }
        #expect(keys == [["user_id"], ["user_id", "auth_token", "service_catalog"], []])
    }

    @Test func theSerializerMakesPayloadAndContext() async throws {
        let notifier = Notifier(drivers: [recorder], publisherID: "p", serializer: Upper())
        await notifier.info("e", "grown")
        let message = try #require(recorder.notifications.first)
        #expect(message.payload.string == #""GROWN""#)
        #expect(message.context.entries.map(\.key) == ["serialized"])
    }

    @Test func aCopyMayHaveAnotherPublisherAndOtherRetries() async {
        let base = notifier(NotifierConfiguration(retry: 3))
        await base.prepare(publisherID: "other").info("e")
        await base.prepare(retry: 0).info("e")
        await base.prepare(retry: nil).info("e")
        await base.prepare(retry: .value(-1)).info("e")
        #expect(recorder.notifications.map(\.publisherID) == ["other"] + Array(repeating: "compute.host1", count: 3))
        #expect(recorder.notifications.map(\.retry) == [3, 0, nil, nil])
    }

    @Test func minusOneIsForEverAlsoAtTheFirstConnection() async {
        let driver = FakeNotificationDriver()
        let configuration = NotifierConfiguration(retry: -1)
        await Notifier(driver: driver, publisherID: "p", configuration: configuration).info("e")
        #expect(driver.sent.withLock { $0.map(\.retry) } == [nil])
    }

    @Test func whatEachDriverFailedWithIsThrownAndTheOthersHaveIt() async throws {
        let drivers: [any NotifierDriver] = [Refusing(name: "a"), recorder, Refusing(name: "b")]
        let notifier = Notifier(drivers: drivers, publisherID: "p")
        let error = try await #require(throws: NotifierError.self) { try await notifier.notify(.info, "e") }
        #expect(Set(error.failures.map(\.driver)) == ["a", "b"])
        #expect(error.description.contains("a: refused"))
        #expect(recorder.notifications.count == 1)
    }

    @Test func functionsNamedAfterAPriorityLogFailuresWithoutThePayload() async {
        let log = LogRecorder()
        let notifier = Notifier(drivers: [Refusing(name: "a")], publisherID: "p", logger: log.logger)
        await notifier.error("disk.full", "secret-payload")
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.contains("error: a notification could not be sent") == true)
        #expect(log.lines.first?.contains("disk.full") == true && log.lines.first?.contains("secret") == false)
    }

    @Test func aPayloadThatIsNoJSONIsThrownOrLogged() async {
        let log = LogRecorder()
        let notifier = Notifier(drivers: [recorder], publisherID: "p", logger: log.logger)
        await #expect(throws: EncodingError.self) { try await notifier.notify(.info, "e", Double.nan) }
        await notifier.info("e", Double.nan)
        #expect(log.lines.count == 1 && recorder.notifications.isEmpty)
    }

    @Test func onlyDriversThatDoSomethingCountAsEnabled() {
        #expect(notifier().isEnabled)
        #expect(!Notifier(drivers: [], publisherID: "p").isEnabled)
        #expect(!Notifier(drivers: [NoOpNotifierDriver()], publisherID: "p").isEnabled)
        #expect(Notifier(drivers: [NoOpNotifierDriver(), LogNotifierDriver()], publisherID: "p").isEnabled)
    }

    @Test func theRecorderForgetsTheOldest() async {
        let recorder = RecordingNotifierDriver(capacity: 2)
        let notifier = Notifier(drivers: [recorder, NoOpNotifierDriver()], publisherID: "p")
        for event in ["a", "b", "c"] { await notifier.info(event) }
        #expect(recorder.notifications.map(\.eventType) == ["b", "c"])
        recorder.reset()
        #expect(recorder.notifications.isEmpty)
    }
}
