// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Names
import Synchronization
import Testing
import Threads

@testable import Gateway

@Suite struct NotificationHubTests {
    private static let client = Holder(address: "10.0.0.1")
    private let driver = FakeNotificationDriver()
    private let hub: NotificationHub

    init() throws { hub = try NotificationHub(loop: .shared()) }
    private var configuration = NotificationConfiguration()

    private func key(pool: String? = nil) -> SubscriptionKey {
        SubscriptionKey(exchange: nil, topic: "t", priorities: [.info], pool: pool)
    }

    /// A listener that has joined, with its stream.
    private func join(
        pool: String? = nil,
        filter: StreamFilter = StreamFilter(),
        after id: Name? = nil,
        limit: Int = 1 << 20,
        whileWaiting: (FakeListener) -> Void = { _ in }
    ) throws -> (stream: TestStream, subscription: SharedSubscription, listener: HubState.Listener) {
        let key = key(pool: pool)
        let (subscription, listener) = try hub.join(key, configuration, of: Self.client) { () throws(Problem) in
            do {
                return try SharedSubscription(key, on: driver, replayedEvents: configuration.replayedEvents)
            } catch {
                throw Problem(.internal, "\(error)")
            }
        }
        if let consumption = driver.listeners.withLock({ $0.last }) { whileWaiting(consumption) }
        let test = TestStream(limit: limit)
        let identity = RequestIdentity(given: nil)
        subscription.add(
            ListenerStream(
                id: listener.number,
                filter: filter,
                identity: identity,
                stream: test.stream,
                metrics: GatewayMetrics()
            ),
            after: id
        )
        return (test, subscription, listener)
    }

    @Test func subscriptionsAreBounded() throws {
        let small = try NotificationHub(loop: .shared(), maximumSubscriptions: 1)
        let configuration = NotificationConfiguration()
        func join(_ topic: String) throws(Problem) -> (subscription: SharedSubscription, listener: HubState.Listener) {
            let key = SubscriptionKey(exchange: nil, topic: topic, priorities: [.info], pool: nil)
            return try small.join(key, configuration, of: Self.client) { () throws(Problem) in
                do {
                    return try SharedSubscription(key, on: driver, replayedEvents: 1)
                } catch {
                    throw Problem(.internal, "\(error)")
                }
            }
        }
        _ = try join("a")
        _ = try join("a")
        let refused = #expect(throws: Problem.self) { try join("b") }
        #expect(refused?.code == .overloaded && refused?.isRetryable == true && refused?.execution == .no)
        #expect(small.listenerCount == 2)
    }

    @Test func listenersAreBoundedWhateverIsConfigured() throws {
        let small = try NotificationHub(loop: .shared(), maximumListeners: 1)
        let key = SubscriptionKey(exchange: nil, topic: "a", priorities: [.info], pool: nil)
        func join() throws(Problem) -> (subscription: SharedSubscription, listener: HubState.Listener) {
            try small.join(key, NotificationConfiguration(), of: Self.client) { () throws(Problem) in
                do {
                    return try SharedSubscription(key, on: driver, replayedEvents: 1)
                } catch {
                    throw Problem(.internal, "\(error)")
                }
            }
        }
        let (subscription, listener) = try join()
        let refused = #expect(throws: Problem.self) { try join() }
        #expect(refused?.code == .overloaded && refused?.detail.contains("open files") == true)
        small.leave(subscription, listener: listener)
        _ = try join()
    }

    @Test func aClientMayHaveSoManyAndOthersTheirs() {
        var hub = HubState(maximumListeners: 10, maximumSubscriptions: 10)
        let configuration = NotificationConfiguration()
        func admit(_ address: String, most: Int = 2) -> HubState.Admission {
            hub.admit(configuration, of: Holder(address: address), most: most)
        }
        guard case .admitted(let first) = admit("10.0.0.1") else { return #expect(Bool(false)) }
        #expect(admit("10.0.0.1") != .fullForClient)
        #expect(admit("10.0.0.1") == .fullForClient)
        #expect(admit("10.0.0.2") != .fullForClient)
        hub.dismiss(first)
        #expect(admit("10.0.0.1") != .fullForClient)
        #expect(admit("10.0.0.1") == .fullForClient)
        #expect(admit("10.0.0.1", most: 0) != .fullForClient)
        #expect(hub.listenerCount == 4)
    }

    private var consumptions: [FakeListener] { driver.listeners.withLock { $0 } }

    @Test func listenersShareASubscriptionThatIsTheirsAlone() throws {
        let first = try join()
        let second = try join()
        let other = try join(pool: "p")
        #expect(consumptions.count == 2)
        let temporary = consumptions[0].subscription
        #expect(temporary.isTemporary && temporary.pool?.hasPrefix("rpc-gateway_notifications_") == true)
        #expect(!consumptions[1].subscription.isTemporary && consumptions[1].subscription.pool == "p")
        let message = consumptions[0].deliver(1)
        #expect(message.fate == .acknowledged)
        #expect(first.stream.readNumbers() == [1] && second.stream.readNumbers() == [1])
        #expect(other.stream.readNumbers() == [])
    }

    @Test func filtersChoose() throws {
        let all = try join()
        let some = try join(
            filter: StreamFilter(eventTypes: [
                ShellPattern("x.*", takesSets: false), ShellPattern("y", takesSets: false),
            ])
        )
        for (number, type) in ["x.1", "y", "y.2", "z"].enumerated() { consumptions[0].deliver(number, type: type) }
        #expect(some.stream.readNumbers() == [0, 1])
        #expect(all.stream.readNumbers() == [0, 1, 2, 3])
    }

    @Test func thereIsALimit() throws {
        var small = self
        small.configuration.maximumListeners = 2
        let first = try small.join()
        _ = try small.join()
        #expect(throws: Problem.self) { try small.join() }
        small.hub.leave(first.subscription, listener: first.listener)
        _ = try small.join()
        #expect(small.hub.listenerCount == 2)
    }

    @Test func aSubscriptionOutlivesItsLastListenerForAWhile() throws {
        let only = try join()
        let now = Moment.now
        hub.leave(only.subscription, listener: only.listener, now: now)
        #expect(hub.tick(now.advanced(by: .seconds(9))) != nil)
        _ = try join()
        #expect(consumptions.count == 1)
        #expect(hub.tick(now.advanced(by: .seconds(60))) != nil)
    }

    @Test func aSubscriptionEndsWhenNobodyComesBack() async throws {
        let only = try join()
        let now = Moment.now
        hub.leave(only.subscription, listener: only.listener, now: now)
        #expect(hub.tick(now.advanced(by: .seconds(10))) == nil)
        await hub.close(deadline: .now.advanced(by: .seconds(5)))
        #expect(consumptions[0].isClosed)
    }

    @Test func aSlowListenerLosesItsStreamWithAReason() throws {
        let slow = try join(limit: 400)
        let fast = try join()
        for number in 1...5 { #expect(consumptions[0].deliver(number).fate == .acknowledged) }
        let (text, isEnded) = slow.stream.read()
        #expect(isEnded)
        #expect(text.contains("id: 1\n") && !text.contains("id: 5\n"))
        #expect(text.contains("event: error\ndata: {\"type\":\"urn:rpc-gateway:problem:slow-listener\""))
        #expect(fast.stream.readNumbers() == [1, 2, 3, 4, 5])
    }

    @Test func drainingTellsEveryListenerAndTakesNoMore() async throws {
        let first = try join()
        hub.beginDraining()
        let (text, isEnded) = first.stream.read()
        #expect(isEnded && text.contains("urn:rpc-gateway:problem:draining"))
        #expect(throws: Problem.self) { try join() }
        hub.leave(first.subscription, listener: first.listener)
        await hub.close(deadline: .now.advanced(by: .seconds(5)))
        #expect(consumptions[0].isClosed)
    }

    @Test func heartbeatsAndInterruptionsAreTold() throws {
        let only = try join()
        let now = Moment.now
        _ = hub.tick(now)
        _ = hub.tick(now.advanced(by: .seconds(14)))
        #expect(only.stream.read().text == "")
        _ = hub.tick(now.advanced(by: .seconds(15)))
        #expect(only.stream.read().text == ": heartbeat\n\n")
        consumptions[0].interrupt()
        _ = hub.tick(now.advanced(by: .seconds(16)))
        _ = hub.tick(now.advanced(by: .seconds(17)))
        let begun = only.stream.read().text
        #expect(begun.hasPrefix("event: interruption\ndata: {\"state\":\"begun\"") && begun.count < 200)
        consumptions[0].start()
        _ = hub.tick(now.advanced(by: .seconds(18)))
        #expect(only.stream.read().text.contains("{\"state\":\"over\""))
    }

    @Test func aSubscriptionThatIsStillBeingMadeIsNoInterruption() throws {
        let first = try join { consumption in
            consumption.interrupt()
            _ = hub.tick(.now)
            consumption.start()
        }
        _ = hub.tick(.now)
        #expect(first.stream.read().text == "")
    }

    @Test func aListenerThatComesBackGetsWhatItMissed() throws {
        _ = try join()
        for number in 1...4 { consumptions[0].deliver(number) }
        let again = try join(after: "2")
        consumptions[0].deliver(5)
        #expect(again.stream.readNumbers() == [3, 4, 5])
        let stranger = try join(after: "nine")
        #expect(stranger.stream.read().text.hasPrefix("event: gap\ndata: {\"last_event_id\":\"nine\","))
    }

    @Test func whatComesBeforeThePoolsFirstListenerIsItsOwn() throws {
        var messages: [FakeMessage] = []
        let first = try join(pool: "p") { consumption in
            for number in 1...3 { messages.append(consumption.deliver(number)) }
            #expect(messages.allSatisfy { $0.fate == .handed })
        }
        consumptions[0].deliver(4)
        #expect(first.stream.readNumbers() == [1, 2, 3, 4])
        #expect(messages.allSatisfy { $0.fate == .acknowledged })
    }

    @Test func whatAPoolHasNoListenerForGoesBack() async throws {
        let only = try join(pool: "p")
        only.subscription.remove(only.listener.number)
        let message = consumptions[0].deliver(1)
        #expect(message.fate == .handed)
        hub.leave(only.subscription, listener: only.listener)
        await hub.close(deadline: .now.advanced(by: .seconds(5)))
        #expect(message.fate == .requeued)
    }

    @Test func whatAPoolsOnlyListenerHasNoRoomForGoesBack() throws {
        _ = try join(pool: "p", limit: 1)
        let fates = [consumptions[0].deliver(1).fate, consumptions[0].deliver(2).fate]
        #expect(fates == [.acknowledged, .requeued])
    }

    @Test func aCopyOfWhatWasAcknowledgedTooLateIsNotShownAgain() throws {
        let only = try join()
        consumptions[0].deliver(1, isLate: true)
        let copy = consumptions[0].deliver(1)
        consumptions[0].deliver(2)
        #expect(copy.fate == .acknowledged)
        #expect(only.stream.readNumbers() == [1, 2])
    }

    @Test func listenersThatComeWhileEventsFlowMissNothingAndSeeNothingTwice() throws {
        _ = try join()
        consumptions[0].deliver(0)
        let consumption = consumptions[0]
        let isOver = Atomic(false)
        let joined = Guarded<[TestStream]>([])
        // Without a thread and descriptors there is nothing to test.
        // swift-format-ignore: NeverUseForceTry
        let writer = try! OwnedThread(name: "writer") {
            for number in 1...600 { consumption.deliver(number) }
            isOver.store(true, ordering: .releasing)
        }
        var seen: Name = "0"
        while !isOver.load(ordering: .acquiring) {
            let listener = try join(after: seen)
            joined.withLock { $0.append(listener.stream) }
            if let newest = listener.stream.readNumbers().last { seen = Name("\(newest)") }
            if joined.withLock({ $0.count }) >= 60 { break }
        }
        writer.join()
        for stream in joined.withLock({ $0 }) {
            let numbers = stream.readNumbers()
            #expect(numbers == numbers.first.map { Array($0...600) } ?? [])
        }
    }
}
