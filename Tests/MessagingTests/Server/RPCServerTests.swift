// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing
import Threads

struct RPCServerTests {
    private struct Held: RPCEndpoint {
        let gate: Gate

        var methods: [RPCMethod] {
            RPCMethod("hold") { [gate] _ in
                await gate.pass()
                return 1
            }
            RPCMethod("now") { _ in 2 }
        }
    }

    private let driver = FakeDriver()
    private let gate = Gate()

    private func server(workers: Int = 64, pings: Bool = false) throws -> RPCServer {
        try server(on: .tasks(workers), pings: pings)
    }

    private func server(on executor: RPCExecutor, pings: Bool = false) throws -> RPCServer {
        let server = RPCServer(
            driver: driver,
            target: Target(topic: "t", server: "s"),
            endpoints: [Held(gate: gate)],
            configuration: RPCServerConfiguration(executor: executor, answersPings: pings)
        )
        try server.start()
        return server
    }

    private func message(_ method: String, id: String? = nil, isFanout: Bool = false, isGone: Bool = false)
        -> FakeMessage
    {
        let request = IncomingRequest(method: JSONText(string: method), messageID: "m", uniqueID: id)
        return FakeMessage(request, isFanout: isFanout, isGone: isGone)
    }

    @Test func aMessageIsAcknowledgedBeforeItIsAnswered() async throws {
        _ = try server()
        let message = message("now")
        driver.deliver(message)
        #expect(await message.events(count: 2) == ["acknowledge", "result 2"])
    }

    @Test func whatIsNoLongerOursIsNotRun() async throws {
        _ = try server()
        let (gone, after) = (message("now", isGone: true), message("now"))
        driver.deliver(gone)
        driver.deliver(after)
        _ = await after.events(count: 2)
        #expect(gone.events.withLock { $0 } == ["acknowledge"])
    }

    @Test func aCopyIsDroppedAndNotAnswered() async throws {
        _ = try server(workers: 1)
        let (first, copy, other) = (message("now", id: "a"), message("now", id: "a"), message("now", id: "b"))
        for message in [first, copy, other] { driver.deliver(message) }
        #expect(await other.events(count: 2) == ["acknowledge", "result 2"])
        #expect(copy.events.withLock { $0 } == ["acknowledge"])
    }

    @Test func soManyMethodsRunAtATime() async throws {
        let server = try server(workers: 3)
        let messages = (0..<10).map { _ in message("hold") }
        for message in messages { driver.deliver(message) }
        await gate.arrived(3)
        #expect(server.runningCount == 3)
        #expect(messages.count { $0.events.withLock { !$0.isEmpty } } == 3)
        gate.open()
        for message in messages { #expect(await message.events(count: 2) == ["acknowledge", "result 1"]) }
    }

    @Test func aStopGivesBackWhatHasNotStartedAndFinishesTheRest() async throws {
        let server = try server(workers: 2)
        let messages = (0..<6).map { _ in message("hold") }
        let fanout = message("now", isFanout: true)
        for message in messages + [fanout] { driver.deliver(message) }
        await gate.arrived(2)
        await server.stop()
        #expect(messages[2...].allSatisfy { $0.events.withLock { $0 } == ["requeue"] })
        let late = message("now")
        driver.deliver(late)
        #expect(late.events.withLock { $0 } == ["requeue"])
        gate.open()
        #expect(await server.wait(deadline: .now.advanced(by: .seconds(10))))
        #expect(messages[..<2].allSatisfy { $0.events.withLock { $0 } == ["acknowledge", "result 1"] })
        #expect(fanout.events.withLock { $0 } == ["acknowledge", "result 2"])
        #expect(driver.listener.events.withLock { $0 } == ["start", "stop", "close"])
    }

    @Test func aDrainThatTakesTooLongSaysSo() async throws {
        let server = try server()
        driver.deliver(message("hold"))
        await gate.arrived(1)
        #expect(await !server.wait(deadline: .now))
        gate.open()
    }

    @Test func startingTwiceIsHarmless() async throws {
        let server = try server()
        try server.start()
        #expect(driver.listener.events.withLock { $0 } == ["start"])
    }

    @Test(arguments: [Target(topic: "t"), Target(server: "s"), Target()])
    func aTargetWithoutTopicOrServerIsInvalid(target: Target) throws {
        let server = RPCServer(driver: driver, target: target, endpoints: [])
        #expect { try server.start() } throws: { ($0 as? MessagingError)?.code == .invalidTarget }
    }

    @Test func pingsAreAnsweredWhereTheyAreEnabled() async throws {
        _ = try server(pings: true)
        let ping = message("oslo_rpc_server_ping")
        driver.deliver(ping)
        #expect(await ping.events(count: 2) == ["acknowledge", #"result "pong""#])
    }

    @Test func pingsAreNoMethodWhereTheyAreNot() async throws {
        _ = try server()
        let ping = message("oslo_rpc_server_ping")
        driver.deliver(ping)
        #expect(await ping.events(count: 2) == ["acknowledge", "failure NoSuchMethod"])
    }

    @Test func blockingMethodsHaveThreadsOfTheirOwn() async throws {
        _ = try server(on: .threads(8))
        let messages = (0..<50).map { _ in message("now") }
        for message in messages { driver.deliver(message) }
        for message in messages { #expect(await message.events(count: 2) == ["acknowledge", "result 2"]) }
    }

    @Test func methodsThatDoNotWaitAreRunWhereTheirMessageIsReceived() throws {
        _ = try server(on: .immediate())
        let message = message("now")
        driver.deliver(message)
        #expect(message.events.withLock { $0 } == ["acknowledge", "result 2"])
    }

    @Test func methodsThatWaitLeaveThePlaceWhereTheirMessageIsReceived() async throws {
        _ = try server(on: .immediate(2))
        let held = [message("hold"), message("hold")]
        for message in held { driver.deliver(message) }
        let after = message("now")
        driver.deliver(after)
        #expect(after.events.withLock { $0 }.isEmpty, "two run at a time")
        gate.open()
        for message in held { #expect(await message.events(count: 2) == ["acknowledge", "result 1"]) }
        #expect(await after.events(count: 2) == ["acknowledge", "result 2"])
    }
}
