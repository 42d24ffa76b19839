// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Messaging

@Suite(.timeLimit(.minutes(1)))
struct NotificationListenerTests {
    private let driver = FakeNotificationDriver()
    private let gate = Gate()
    private let log = Log()

    private var later: Moment { .now.advanced(by: .seconds(30)) }

    /// An endpoint that waits at the gate.
    private var held: NotificationEndpoint {
        NotificationEndpoint()
            .on(.info) { [gate, log] notification in
                log.write("begin \(notification.eventType)")
                await gate.pass()
                log.write("end \(notification.eventType)")
            }
    }

    private func listener(
        _ endpoints: NotificationEndpoint...,
        configuration: NotificationListenerConfiguration = NotificationListenerConfiguration()
    ) throws -> NotificationListener {
        let listener = NotificationListener(
            driver: driver,
            sources: [.init(topic: "notifications")],
            endpoints: endpoints,
            configuration: configuration,
            serializer: NoOpSerializer(),
            logger: LogRecorder().logger,
            sleep: { [log] _ in log.write("sleep") }
        )
        try listener.start()
        return listener
    }

    private func message(_ event: String, id: String? = nil) -> FakeNotificationMessage {
        FakeNotificationMessage(.event(event, id: id), log: log)
    }

    @Test func aNotificationIsAcknowledgedAfterTheEndpointHasRun() async throws {
        _ = try listener(held)
        let message = message("a")
        driver.deliver(message)
        await gate.arrived(1)
        #expect(message.present.isEmpty)
        gate.open()
        #expect(await message.fate == ["acknowledge"])
        #expect(log.lines == ["begin a", "end a", "acknowledge a"])
    }

    @Test func onlyAListenerThatAllowsItPutsBackAfterAPause() async throws {
        let refusing = NotificationEndpoint().on(.info) { _ in .requeue }
        let (strict, lenient) = (message("strict"), message("lenient"))
        _ = try listener(refusing)
        driver.deliver(strict)
        #expect(await strict.fate == ["acknowledge"])
        _ = try listener(refusing, configuration: NotificationListenerConfiguration(allowsRequeue: true))
        driver.deliver(lenient)
        #expect(await lenient.fate == ["requeue"])
        #expect(log.lines == ["acknowledge strict", "sleep", "requeue lenient"])
    }

    @Test func aCopyOfWhatWasAcknowledgedIsAcknowledgedUnseen() async throws {
        gate.open()
        _ = try listener(held)
        let (first, second) = (message("a", id: "1"), message("a", id: "1"))
        driver.deliver(first)
        _ = await first.fate
        driver.deliver(second)
        #expect(await second.fate == ["acknowledge"])
        #expect(log.lines.count { $0 == "begin a" } == 1)
    }

    @Test func aCopyOfWhatIsBeingHandledWaitsForIt() async throws {
        _ = try listener(held)
        let (first, second, other) = (message("a", id: "1"), message("a", id: "1"), message("b"))
        driver.deliver(first)
        await gate.arrived(1)
        driver.deliver(second, other)
        await gate.arrived(2)
        #expect(second.present.isEmpty)
        gate.open()
        #expect(await second.fate == ["acknowledge"])
        #expect(log.lines.count { $0 == "begin a" } == 1)
    }

    @Test func aCopyOfWhatWaitsForAWorkerGoesBackWithIt() async throws {
        let listener = try listener(held, configuration: NotificationListenerConfiguration(executor: .tasks(1)))
        let (running, first, second) = (message("a"), message("b", id: "1"), message("b", id: "1"))
        driver.deliver(running, first, second)
        await gate.arrived(1)
        await listener.stop(deadline: later)
        #expect(first.present == ["requeue"] && second.present == ["requeue"])
        gate.open()
        await listener.wait(deadline: later)
        #expect(log.lines.filter { $0.hasPrefix("begin") } == ["begin a"])
    }

    @Test func whatWentBackIsHandledWhenItComesAgain() async throws {
        let endpoint = NotificationEndpoint().on(.info) { [log] _ in log.lines.isEmpty ? .requeue : .handled }
        _ = try listener(endpoint, configuration: NotificationListenerConfiguration(allowsRequeue: true))
        let (first, again) = (message("a", id: "1"), message("a", id: "1"))
        driver.deliver(first)
        #expect(await first.fate == ["requeue"])
        driver.deliver(again)
        #expect(await again.fate == ["acknowledge"])
    }

    @Test func noMoreThanTheWorkersRunAtATime() async throws {
        let configuration = NotificationListenerConfiguration(executor: .tasks(2))
        let listener = try listener(held, configuration: configuration)
        let messages = ["a", "b", "c"].map { message($0) }
        for message in messages { driver.deliver(message) }
        await gate.arrived(2)
        #expect(listener.runningCount == 2 && log.lines.count == 2)
        gate.open()
        #expect(await messages[2].fate == ["acknowledge"])
    }

    @Test func whatHasNotStartedGoesBackWhenTheListenerHasStopped() async throws {
        let listener = try listener(held, configuration: NotificationListenerConfiguration(executor: .tasks(1)))
        let (running, waiting, late) = (message("a"), message("b"), message("c"))
        driver.deliver(running, waiting)
        await gate.arrived(1)
        driver.listener.onStop { [driver, log] in
            driver.deliver(late)
            log.write("stopped")
        }
        await listener.stop(deadline: later)
        #expect(waiting.present == ["requeue"] && late.present == ["requeue"] && running.present.isEmpty)
        #expect(log.lines == ["begin a", "stopped", "requeue b", "requeue c"])
        gate.open()
        #expect(await listener.wait(deadline: later))
        #expect(running.present == ["acknowledge"])
        #expect(driver.listener.events.withLock { $0 } == ["start", "stop", "close"])
    }

    @Test func whatHasNotStartedIsHandledWhenTheQueueGoesWithTheListener() async throws {
        let configuration = NotificationListenerConfiguration(pool: "p", isTemporary: true, executor: .tasks(1))
        let listener = try listener(held, configuration: configuration)
        let (running, waiting) = (message("a"), message("b"))
        driver.deliver(running, waiting)
        await gate.arrived(1)
        await listener.stop(deadline: later)
        gate.open()
        #expect(await listener.wait(deadline: later))
        #expect(running.present == ["acknowledge"] && waiting.present == ["acknowledge"])
    }

    @Test func anEndpointThatHangsDoesNotHoldTheWait() async throws {
        let listener = try listener(held)
        let message = message("a")
        driver.deliver(message)
        await gate.arrived(1)
        #expect(await listener.wait(deadline: .now) == false)
        #expect(driver.listener.events.withLock { $0 } == ["start", "stop", "close"])
        gate.open()
    }

    @Test func batchesComeTogetherAndSingleOnesCanGoBack() async throws {
        let endpoint = NotificationEndpoint()
            .onBatch(.info) { [log] batch in
                log.write("batch of \(batch.count)")
                return .requeue(at: [1])
            }
        let configuration = NotificationListenerConfiguration(allowsRequeue: true, batchSize: 3)
        _ = try listener(endpoint, configuration: configuration)
        let messages = ["a", "b", "c"].map { message($0) }
        for message in messages { driver.deliver(message) }
        #expect(await messages[1].fate == ["requeue"])
        #expect(log.lines == ["batch of 3", "acknowledge a", "acknowledge c", "sleep", "requeue b"])
    }

    @Test func aBatchThatIsNotFullIsHandledAfterItsTime() async throws {
        let endpoint = NotificationEndpoint().onBatch(.info) { [log] in log.write("batch of \($0.count)") }
        let configuration = NotificationListenerConfiguration(batchSize: 100, batchTimeout: .milliseconds(20))
        _ = try listener(endpoint, configuration: configuration)
        let (first, second) = (message("a"), message("b"))
        driver.deliver(first, second)
        #expect(await second.fate == ["acknowledge"] && first.present == ["acknowledge"])
    }

    @Test func anUnfinishedBatchGoesBackAtTheStop() async throws {
        let endpoint = NotificationEndpoint().onBatch(.info) { _ in }
        let listener = try listener(endpoint, configuration: NotificationListenerConfiguration(batchSize: 2))
        let message = message("a")
        driver.deliver(message)
        await listener.wait(deadline: later)
        #expect(message.present == ["requeue"])
    }

    @Test func startingTwiceIsHarmlessAndStartingAgainListens() async throws {
        gate.open()
        let listener = try listener(held)
        try listener.start()
        #expect(listener.isConsuming)
        await listener.wait(deadline: later)
        #expect(!listener.isConsuming)
        await #expect(throws: MessagingError.self) { try await listener.waitUntilConsuming(deadline: later) }
        try listener.start()
        try await listener.waitUntilConsuming(deadline: later)
        let message = message("a")
        driver.deliver(message)
        #expect(await message.fate == ["acknowledge"])
        #expect(driver.listener.events.withLock { $0 } == ["start", "stop", "close", "start"])
    }

    @Test func betweenStopAndWaitItDoesNotStart() async throws {
        let listener = try listener(held)
        await listener.stop(deadline: later)
        let error = #expect(throws: MessagingError.self) { try listener.start() }
        #expect(error?.code == .invalidRequest)
        await listener.wait(deadline: later)
        try listener.start()
        #expect(driver.listener.events.withLock { $0 } == ["start", "stop", "close", "start"])
    }

    @Test func aListenerWithoutFunctionsIsRefused() {
        let listener = NotificationListener(driver: driver, endpoints: [NotificationEndpoint()])
        #expect(throws: MessagingError.self) { try listener.start() }
    }

    @Test func whatIsConsumedComesFromEndpointsAndConfiguration() throws {
        let configuration = NotificationListenerConfiguration(pool: "p")
        let endpoint = held.on(.sample) { _ in }
        let listener = NotificationListener(
            driver: driver,
            topics: ["a", "b"],
            endpoints: [endpoint],
            configuration: configuration
        )
        let expected = NotificationSubscription(
            sources: [.init(topic: "a"), .init(topic: "b")],
            priorities: [.info, .sample],
            pool: "p"
        )
        #expect(listener.subscription == expected)
    }

    @Test func asAServiceItListensUntilItIsCancelled() async throws {
        gate.open()
        let listener = NotificationListener(driver: driver, endpoints: [held])
        let service = Task { try await listener.run() }
        while !listener.isConsuming { await Task.yield() }
        service.cancel()
        try await service.value
        #expect(driver.listener.events.withLock { $0 } == ["start", "stop", "close"])
    }
}
