// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

struct NotificationDispatcherTests {
    private struct Failure: Error {}

    private struct Picky: Serializer {
        func serialize(_ argument: JSONText, context: RequestContext) -> JSONText { argument }
        func deserialize(_ result: JSONText, context: RequestContext) throws -> JSONText {
            if result.string == #""bad""# { throw Failure() }
            return JSONText(string: "deserialized")
        }
        func serialize(_ context: RequestContext) -> RequestContext { context }
    }

    private let log = Log()
    private let recorder = LogRecorder()

    private func dispatch(
        _ endpoints: [NotificationEndpoint],
        _ notifications: IncomingNotification...,
        serializer: any Serializer = NoOpSerializer()
    ) async -> Set<Int> {
        await NotificationDispatcher(endpoints: endpoints, serializer: serializer, logger: recorder.logger)
            .dispatch(notifications)
    }

    private func noting(_ name: String, _ result: NotificationResult = .handled) -> NotificationEndpoint {
        NotificationEndpoint().on(.info) { [log] notification in
            log.write("\(name) \(notification.eventType)")
            return result
        }
    }

    @Test func everyEndpointOfThePriorityGetsIt() async {
        let errors = NotificationEndpoint().on(.error) { [log] _ in log.write("errors") }
        let requeued = await dispatch([noting("a"), errors, noting("b")], .event("e"))
        #expect(requeued.isEmpty && log.lines == ["a e", "b e"])
    }

    @Test func afterOneRefusedItNoOtherGetsIt() async {
        let requeued = await dispatch([noting("a"), noting("b", .requeue), noting("c")], .event("e"))
        #expect(requeued == [0] && log.lines == ["a e", "b e"])
    }

    @Test func anErrorIsLoggedAndCountsAsRefused() async {
        let broken = NotificationEndpoint().on(.info) { _ in throw Failure() }
        let requeued = await dispatch([broken, noting("a")], .event("e"))
        #expect(requeued == [0] && log.lines.isEmpty)
        #expect(recorder.lines.first?.hasPrefix("error: an endpoint has failed event.type=e") == true)
    }

    @Test func aFilterDecidesForItsEndpointOnly() async throws {
        let filter = try NotificationFilter(eventType: "^wanted")
        let picky = NotificationEndpoint(filter: filter).on(.info) { [log] in log.write("picky \($0.eventType)") }
        _ = await dispatch([picky, noting("all")], .event("other"))
        _ = await dispatch([picky, noting("all")], .event("wanted.x"))
        #expect(log.lines == ["all other", "picky wanted.x", "all wanted.x"])
    }

    @Test func anUnknownPriorityIsHandledAndLogged() async {
        let requeued = await dispatch([noting("a")], IncomingNotification(eventType: "e", priority: "urgent"))
        #expect(requeued.isEmpty && log.lines.isEmpty)
        #expect(recorder.lines == ["warning: a priority is unknown priority=urgent"])
    }

    @Test func aPriorityWithoutAFunctionIsHandled() async {
        #expect(await dispatch([noting("a", .requeue)], .event("e", .debug)).isEmpty)
    }

    @Test func thePrioritiesAreThoseOfTheFunctions() {
        let endpoint = NotificationEndpoint().on(.sample, .audit) { _ in }.onBatch(.error) { _ in }
        let dispatcher = NotificationDispatcher(
            endpoints: [endpoint, noting("a")],
            serializer: NoOpSerializer(),
            logger: recorder.logger
        )
        #expect(dispatcher.priorities == [.audit, .info, .error, .sample])
    }

    @Test func aBatchIsGivenPriorityByPriorityInItsOrder() async {
        let endpoint = NotificationEndpoint()
            .onBatch(.info, .error) { [log] batch in
                log.write(batch.map(\.eventType).joined(separator: ","))
                return .handled
            }
        _ = await dispatch([endpoint], .event("a"), .event("b", .error), .event("c"), .event("d", .debug))
        #expect(log.lines == ["b", "a,c"])
    }

    @Test func singleNotificationsOfABatchCanGoBack() async {
        let first = NotificationEndpoint().onBatch(.info) { _ in .requeue(at: [1, 7]) }
        let second = NotificationEndpoint()
            .onBatch(.info) { [log] batch in log.write(batch.map(\.eventType).joined(separator: ",")) }
        let requeued = await dispatch([first, second], .event("x", .error), .event("a"), .event("b"), .event("c"))
        #expect(requeued == [2] && log.lines == ["a,c"])
    }

    @Test func aRefusedBatchGoesBackWithoutWhatItsFilterKeptAway() async throws {
        let filter = try NotificationFilter(eventType: "^a")
        let refusing = NotificationEndpoint(filter: filter).onBatch(.info) { _ in .requeue }
        let requeued = await dispatch([refusing, noting("n")], .event("a1"), .event("b"), .event("a2"))
        #expect(requeued == [0, 2] && log.lines == ["n b"])
    }

    @Test func aBatchGoesOneByOneToFunctionsForOne() async {
        let endpoint = NotificationEndpoint().on(.info) { $0.eventType == "b" ? .requeue : .handled }
        let requeued = await dispatch([endpoint, noting("n")], .event("a"), .event("b"), .event("c"))
        #expect(requeued == [1] && log.lines == ["n a", "n c"])
    }

    @Test func aTypedPayloadIsDecodedOrRefused() async {
        struct Created: Decodable { var id: Int }
        let endpoint = NotificationEndpoint()
            .on(.info, payload: Created.self) { [log] _, created in log.write("created \(created.id)") }
        var notification = IncomingNotification.event("e")
        notification.payload = .emptyObject
        let refused = await dispatch([endpoint], notification)
        notification.payload = JSONText(validated: Array(#"{"id": 7}"#.utf8)[...])
        let handled = await dispatch([endpoint], notification)
        #expect(refused == [0] && handled.isEmpty && log.lines == ["created 7"])
    }

    @Test func theSerializerMakesWhatEndpointsSee() async {
        let endpoint = NotificationEndpoint().on(.info) { [log] in log.write($0.payload.string) }
        let requeued = await dispatch([endpoint], .event("bad"), .event("good"), serializer: Picky())
        #expect(requeued == [0] && log.lines == [#""deserialized""#])
    }
}
