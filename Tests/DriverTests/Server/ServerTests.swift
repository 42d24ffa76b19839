// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ServerTests {
    @Test(arguments: DriverKind.available)
    func methodsAnswer(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let server = try await bench.startServer()
            let client = bench.client()
            #expect(try await client.call("add", JSONText(#"{"a": 2, "b": 40}"#)).string == "42")
            let text = #"{"é": "\ud83d\ude00", "n": 1e400}"#
            #expect(try await client.call("echo", JSONText(text)).string == text)
            await server.wait(deadline: bench.soon)
        }
    }

    @Test(arguments: DriverKind.available)
    func failuresCarryTheirPythonClass(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let server = try await bench.startServer()
            let (client, newer) = (bench.client(), bench.client(Target(topic: bench.topic, version: "2.0")))
            let dispatcher = "oslo_messaging.rpc.dispatcher"
            #expect(await remoteClass { _ = try await client.call("refuse") } == "demo.exception.Refused")
            #expect(await remoteClass { _ = try await client.call("none") } == "\(dispatcher).NoSuchMethod")
            #expect(await remoteClass { _ = try await newer.call("echo") } == "\(dispatcher).UnsupportedVersion")
            #expect(await remoteClass { _ = try await client.call("add") } == "builtins.TypeError")
            await server.wait(deadline: bench.soon)
        }
    }

    @Test(arguments: DriverKind.available)
    func castsAndFanoutsRun(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let probes = [Probe(), Probe()]
            var servers: [RPCServer] = []
            for (index, probe) in probes.enumerated() {
                servers.append(try await bench.startServer("s\(index)", probe))
            }
            try await bench.client(bench.target(isFanout: true)).cast("note", JSONText(#"{"number": 1}"#))
            for probe in probes { #expect(try await probe.seen.next() == 1) }
            try await bench.client(bench.target("s1")).cast("note", JSONText(#"{"number": 2}"#))
            #expect(try await probes[1].seen.next() == 2)
            for server in servers { await server.wait(deadline: bench.soon) }
        }
    }

    @Test(arguments: DriverKind.available)
    func everyServerAnswersAGathering(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            var servers: [RPCServer] = []
            for name in ["a", "b", "c"] { servers.append(try await bench.startServer(name)) }
            let sums = try await bench.client().gather("add", JSONText(#"{"a": 1, "b": 2}"#), minimum: 3)
            #expect(try sums.map { try $0.get().string } == ["3", "3", "3"])
            for server in servers { await server.wait(deadline: bench.soon) }
        }
    }

    @Test(arguments: DriverKind.available)
    func aMessageThatComesTwiceRunsOnce(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let probe = Probe()
            let server = try await bench.startServer("s", probe)
            let first = bench.request(nil, "note", try JSONText(#"{"number": 1}"#))
            let copy = PlainMessage(
                body: RequestEnvelope.encode(first, uniqueID: UniqueID(), reply: nil),
                contentType: "application/json"
            )
            for _ in 0..<3 {
                let request = PlainRequest(exchange: "", routingKey: bench.topic, message: copy, timeout: .seconds(5))
                try await bench.driver.send(request)
            }
            // Handed over in order, but run side by side: the server has seen every copy when it answers this.
            _ = try await bench.client().call("echo")
            await server.wait(deadline: bench.soon)
            #expect(await probe.seen.rest() == [1])
        }
    }

    @Test(arguments: DriverKind.available)
    func aStoppedServerLeavesTheRestToAnother(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let (busy, other) = (Probe(), Probe())
            let configuration = RPCServerConfiguration(executor: .tasks(10))
            let server = try await bench.startServer("busy", busy, configuration: configuration)
            let calls = (0..<100).map { number in
                Task {
                    var request = bench.request(nil, "work", try JSONText(#"{"number": \#(number)}"#))
                    // One that is sent when the first server has stopped waits in the queue, too.
                    request.checksConsumers = false
                    return try await bench.driver.call(request).result.string
                }
            }
            let running = await busy.seen.next(10)
            for _ in 0..<100 { other.permits.send(()) }
            let stopping = Task { await server.wait(deadline: bench.soon) }
            while server.isServing { await Task.yield() }
            let second = try await bench.startServer("other", other)
            let rest = await other.seen.next(90)
            for _ in 0..<10 { busy.permits.send(()) }
            #expect(await stopping.value)
            for (number, call) in calls.enumerated() { #expect(try await call.value == "\(number)") }
            #expect((running + rest).sorted() == Array(0..<100))
            await second.wait(deadline: bench.soon)
            let repeated = await busy.seen.rest() + other.seen.rest()
            #expect(repeated.isEmpty)
        }
    }

    @Test(arguments: DriverKind.available)
    func aServerStartsAgainAfterItsEnd(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let configuration = RPCServerConfiguration(answersPings: true)
            let server = try await bench.startServer("s", configuration: configuration)
            for _ in 0..<2 {
                #expect(try await bench.client().call("oslo_rpc_server_ping").string == #""pong""#)
                await server.wait(deadline: bench.soon)
                try server.start()
                try await server.waitUntilServing(deadline: bench.soon)
            }
            await server.wait(deadline: bench.soon)
        }
    }

    @Test(arguments: DriverKind.available)
    func heartbeatsComeWhileAMethodRuns(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let probe = Probe()
            let server = try await bench.startServer("s", probe)
            var client = bench.client()
            client = try client.prepare(callMonitorTimeout: .value(.seconds(12)))
            let monitored = client
            let call = Task { try await monitored.call("work", JSONText(#"{"number": 1}"#)).string }
            _ = try await probe.seen.next()
            // Longer than the monitor waits for one heartbeat.
            try await Task.sleep(for: .seconds(13))
            probe.permits.send(())
            #expect(try await call.value == "1")
            await server.wait(deadline: bench.soon)
        }
    }
}
