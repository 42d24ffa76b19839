//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing
import Threads

@testable import Messaging

struct CallHeartbeatsTests {
    @Test(arguments: [
        ("10", 5000), ("2", 1000), ("5", 2500), ("2.9", 1000), ("\"10\"", 5000), ("\" 4 \"", 2000),
    ])
    func halfOfTheWholeSeconds(timeout: String, milliseconds: Int) throws {
        #expect(CallHeartbeats.interval(try JSONText(timeout)) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["0", "1", "1.9", "null", "\"x\"", "\"2.5\"", "-4", "{}", "[]", "1e300", "true"])
    func noHeartbeatsWhereTheCallerCannotMeanThem(timeout: String) throws {
        #expect(CallHeartbeats.interval(try JSONText(timeout)) == nil)
    }

    @Test func nothingBeatsAfterTheEnd() async throws {
        let ticks = AsyncStream<Void>.makeStream()
        let request = IncomingRequest(method: nil, messageID: "m", callMonitorTimeout: try JSONText("2"))
        let message = FakeMessage(request)
        let heartbeats = CallHeartbeats(message) { _ in for await _ in ticks.stream { return } }
        ticks.continuation.yield()
        #expect(await message.events(count: 1) == ["heartbeat"])
        heartbeats?.stop()
        ticks.continuation.yield()
        await Task.yield()
        #expect(message.events.withLock { $0 } == ["heartbeat"])
    }

    @Test func aCastHasNoHeartbeats() throws {
        let request = IncomingRequest(method: nil, callMonitorTimeout: try JSONText("10"))
        #expect(CallHeartbeats(FakeMessage(request)) == nil)
    }
}
