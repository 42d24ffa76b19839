// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import Threads

@testable import Messaging

@Suite(.timeLimit(.minutes(1)))
struct CallTests {
    @Test(arguments: DriverKind.available)
    func argumentsAndResultPassByteForByte(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            try await bench.serve { .result($0.arguments ?? .null) }
            let texts = [
                #"{"n": 1234567890123456789012345678901234567890, "x": 1.0, "e": 1e5, "s": "\ud800\u0000"}"#,
                #"{"ключ": "значение", "e": "😀 \\ \" / \n"}"#, "{}",
            ]
            for text in texts {
                let reply = try await bench.driver.call(bench.request(nil, "echo", JSONText(text)))
                #expect(reply.result.string == text)
            }
        }
    }

    @Test(arguments: DriverKind.available)
    func aMebibyteGoesThereAndBack(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            try await bench.serve { .result($0.arguments ?? .null) }
            let text = #"{"a": ""# + String(repeating: "ü", count: 1 << 19) + #""}"#
            let reply = try await bench.driver.call(bench.request(nil, "echo", JSONText(text)))
            #expect(reply.result.string == text)
        }
    }

    @Test(arguments: DriverKind.available)
    func aServerSeesTheWholeRequest(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let seen = Channel<IncomingRequest>()
            try await bench.serve { request in
                seen.send(request)
                return .result(.null)
            }
            var request = bench.request(
                Target(topic: bench.topic, namespace: "n", version: "1.2"),
                monitor: .seconds(9)
            )
            request.context.set("user", string: "ü")
            let reply = try await bench.driver.call(request)
            let incoming = try await seen.next()
            #expect(incoming.messageID == reply.messageID.hexadecimal)
            #expect(incoming.method?.stringValue == "m")
            #expect(incoming.namespace?.stringValue == "n")
            #expect(incoming.version?.stringValue == "1.2")
            #expect(incoming.callMonitorTimeout?.string == "9")
            #expect(
                incoming.context.entries.map { $0.key + "=" + $0.value.string } == [#"user="ü""#, "client_timeout=9"]
            )
        }
    }

    @Test(arguments: DriverKind.available)
    func anExceptionKeepsEveryPart(_ kind: DriverKind) async throws {
        let remote = RemoteError(
            module: "m",
            className: "C",
            message: "x \"é\"\n",
            arguments: try JSONText(#"[1.0, "a"]"#),
            keywordArguments: try JSONText(#"{"code": 404}"#),
            traceback: ["a\n", "b\n"]
        )
        try await Bench.run(kind) { bench in
            try await bench.serve { _ in .failure(remote) }
            await #expect { try await bench.driver.call(bench.request()) } throws: {
                ($0 as? MessagingError)?.remote == remote
            }
        }
    }

    @Test(arguments: DriverKind.available)
    func pythonsConstantsReachTheServerAndAreNoReply(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let constants = JSONText(validated: Array(#"{"a": NaN, "b": -Infinity}"#.utf8)[...])
            let seen = Channel<String>()
            try await bench.serve { request in
                seen.send(request.arguments?.string ?? "")
                return .result(request.arguments ?? .null)
            }
            let failure = await code { () throws(MessagingError) in
                _ = try await bench.driver.call(bench.request(nil, "echo", constants))
            }
            #expect(failure == .badReply)
            #expect(try await seen.next() == constants.string)
        }
    }

    @Test(arguments: DriverKind.available)
    func onlyTheNamedServerIsReached(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            for name in ["a", "b", "c"] { try await bench.serve(name) { _ in .result(JSONText(string: name)) } }
            for name in ["b", "a", "c", "b"] {
                let reply = try await bench.driver.call(bench.request(bench.target(name)))
                #expect(reply.result.stringValue == name)
            }
        }
    }

    @Test(arguments: DriverKind.available)
    func heartbeatsKeepAMonitoredCallAlive(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let listener = try await bench.listen { message in
                guard message.acknowledge() else { return }
                let beats = message.request.method?.stringValue == "beats" ? 8 : 1
                // A thread of its own, as the tests' tasks may keep each other waiting for longer than the monitor does.
                _ = try? OwnedThread(name: "beats") {
                    for _ in 0..<beats {
                        message.reply(.heartbeat) { _ in }
                        usleep(700_000)
                    }
                    message.reply(.result(JSONText(string: "late"))) { _ in }
                }
            }
            let monitored = bench.request(nil, "beats", monitor: .seconds(5))
            #expect(try await bench.driver.call(monitored).result.stringValue == "late")
            let silent = bench.request(nil, "silent", monitor: .milliseconds(150))
            let failure = await code { () throws(MessagingError) in _ = try await bench.driver.call(silent) }
            #expect(failure == .callMonitorTimeout)
            _ = listener
        }
    }

    @Test(arguments: DriverKind.available)
    func theFirstReplyCountsAndLaterOnesAreDropped(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            _ = try await bench.listen { message in
                guard message.acknowledge() else { return }
                // Replies are in order only where one is sent after the other has arrived.
                message.reply(.result(JSONText(string: "first"))) { _ in
                    message.reply(.result(JSONText(string: "second"))) { _ in }
                }
            }
            for _ in 0..<3 {
                #expect(try await bench.driver.call(bench.request()).result.stringValue == "first")
            }
            #expect(bench.driver.status.waitingCalls == 0)
        }
    }

    @Test(arguments: DriverKind.available)
    func silenceEndsAtTheTimeout(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            try await bench.serve { _ in nil }
            do throws(MessagingError) {
                // Long enough for the connection to come up on a busy machine: the time-out counts from before that.
                _ = try await bench.driver.call(bench.request(timeout: .seconds(3)))
                Issue.record("the call was answered")
            } catch {
                #expect(error.code == .timeout)
                #expect(error.stage == .reply)
                #expect(error.execution == .maybe)
            }
        }
    }

    @Test(arguments: DriverKind.available)
    func aThousandCallsAtATimeFindTheirReplies(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            for name in ["a", "b"] { try await bench.serve(name) { .result($0.arguments ?? .null) } }
            try await withThrowingTaskGroup { group in
                for number in 0..<1000 {
                    group.addTask {
                        let text = #"{"n": \#(number)}"#
                        let reply = try await bench.driver.call(bench.request(nil, "echo", JSONText(text)))
                        #expect(reply.result.string == text)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: DriverKind.available)
    func aShutdownEndsWhatWaits(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let arrived = Channel<Void>()
            try await bench.serve { _ in
                arrived.send(())
                return nil
            }
            let calls = (0..<5).map { _ in
                Task { await code { () throws(MessagingError) in _ = try await bench.driver.call(bench.request()) } }
            }
            _ = await arrived.next(5)
            await bench.driver.shutdown(deadline: bench.soon)
            for call in calls { #expect(await call.value == .shutdown) }
            let late = await code { () throws(MessagingError) in _ = try await bench.driver.call(bench.request()) }
            #expect(late == .shutdown)
        }
    }
}
