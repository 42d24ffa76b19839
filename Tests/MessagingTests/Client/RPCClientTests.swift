// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

@Suite(.timeLimit(.minutes(1)))
struct RPCClientTests {
    private let driver: MemoryDriver

    init() throws { driver = try MemoryDriver() }

    private var client: RPCClient<JSONSerializer> {
        RPCClient(driver: driver, target: Target(topic: "t", version: "1.0"), serializer: JSONSerializer())
    }

    @Test func prepareInheritsWhatIsLeftOutAndRemovesWhatIsNil() throws {
        let first = try client.prepare(namespace: "n", version: "1.4", server: "s", versionCap: "1.5", retry: 3)
        #expect(first.target == Target(topic: "t", namespace: "n", version: "1.4", server: "s"))
        let second = try first.prepare(server: nil, versionCap: nil, retry: nil)
        #expect(second.target == Target(topic: "t", namespace: "n", version: "1.4"))
        #expect(second.configuration.versionCap == nil)
        #expect(second.configuration.retry == nil)
        #expect(first.configuration.retry == 3)
    }

    @Test(arguments: ["1", "x.y", "", "1.", ".1", "1.0.0.0.0"])
    func refusesAMalformedVersion(_ version: String) {
        #expect(throws: MessagingError.self) { try client.prepare(version: .value(version)) }
    }

    @Test func theCapStopsWhatIsNewer() async throws {
        let capped = try client.prepare(version: "1.6", versionCap: "1.5")
        #expect(!capped.canSendVersion())
        #expect(capped.canSendVersion("1.5"))
        #expect(!capped.canSendVersion(nil))
        await #expect { try await capped.call("m") } throws: { ($0 as? MessagingError)?.code == .versionCapExceeded }
    }

    @Test func typedCallsCarryCodableValues() async throws {
        struct Point: Codable, Equatable {
            var x: Int
            var label: String
        }
        try driver.serveEcho("s")
        let point = Point(x: 7, label: "ü/\"")
        #expect(try await client.call("echo", point, returning: Point.self) == point)
    }

    @Test func aTimeoutHasToBePositive() async throws {
        let wrong = try client.prepare(timeout: .zero)
        await #expect { try await wrong.call("m") } throws: { ($0 as? MessagingError)?.code == .invalidRequest }
    }
}
