// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

@Suite(.timeLimit(.minutes(1)))
struct GatherTests {
    @Test(arguments: DriverKind.available)
    func everyServerAnswers(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            for name in ["a", "b", "c"] { try await bench.serve(name) { _ in .result(JSONText(string: name)) } }
            let gathered = try await bench.driver.gather(bench.request(bench.target(isFanout: true)), minimum: 3)
            #expect(gathered.isComplete)
            #expect(try gathered.replies.map { try $0.get().stringValue ?? "" }.sorted() == ["a", "b", "c"])
            #expect(bench.driver.status.waitingCalls == 0)
        }
    }

    @Test(arguments: DriverKind.available)
    func theDeadlineEndsTheCollection(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let remote = RemoteError(module: "m", className: "C", message: "x")
            try await bench.serve("a") { _ in .result(.null) }
            try await bench.serve("b") { _ in .failure(remote) }
            try await bench.serve("c") { _ in nil }
            let everybody = bench.target(isFanout: true)
            let gathered = try await bench.driver.gather(bench.request(everybody, timeout: .seconds(1)), minimum: 3)
            #expect(!gathered.isComplete)
            #expect(gathered.replies.count == 2)
            #expect(gathered.replies.contains { $0 == .success(.null) })
            #expect(gathered.replies.contains { $0 == .failure(remote) })
            let all = try await bench.driver.gather(bench.request(everybody, timeout: .seconds(1)), minimum: nil)
            #expect(all.replies.count == 2)
        }
    }

    @Test(arguments: DriverKind.available)
    func withoutServersItIsUndeliverable(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let failure = await code { () throws(MessagingError) in
                _ = try await bench.driver.gather(bench.request(bench.target(isFanout: true)), minimum: nil)
            }
            #expect(failure == .undeliverable)
        }
    }

    @Test(arguments: DriverKind.available)
    func aMinimumEndsItEarly(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            try await bench.serve("quick") { _ in .result(.null) }
            try await bench.serve("silent") { _ in nil }
            let gathered = try await bench.driver.gather(bench.request(bench.target(isFanout: true)), minimum: 1)
            #expect(gathered.isComplete)
            #expect(gathered.replies.count == 1)
        }
    }
}
