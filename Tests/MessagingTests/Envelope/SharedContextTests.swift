// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

@testable import Messaging

/// Entries that are encoded once look on the wire as those that are encoded each time.
struct SharedContextTests {
    private let values: [(key: String, value: JSONText)] = [
        ("user_id", JSONText(string: "a\"\\\u{1}é")), ("ke\"y", .null), ("roles", .emptyObject),
    ]

    private func bodies(_ context: RequestContext) -> [[UInt8]] {
        let target = Target(topic: "t")
        let request = RPCRequest(target: target, method: "m", context: context, timeout: .seconds(1))
        let id = UniqueID(high: 1, low: 2)
        return [
            RequestEnvelope.encode(request, uniqueID: id, reply: nil),
            RequestEnvelope.encode(request, uniqueID: id, reply: .init(messageID: id, queue: "q")),
        ]
    }

    @Test func theBytesAreTheSame() throws {
        var plain = RequestContext()
        for (key, value) in values { plain.set(key, value) }
        plain.set("request_id", string: "r")
        var context = RequestContext()
        context.set("request_id", string: "r")
        context.share(SharedContext(values))
        #expect(bodies(context) == bodies(plain))
        #expect(context.allEntries == plain.entries)
        #expect(context["user_id"] == plain["user_id"])
        #expect(context["request_id"] == plain["request_id"])
        #expect(context.hasAny(of: ["roles"]))
        #expect(!context.hasAny(of: ["rolés", "Roles"]))
    }

    @Test func aSharedEntryCanBeSet() {
        var context = RequestContext()
        context.set("request_id", string: "r")
        let shared = SharedContext(values)
        context.share(shared)
        context.set("roles", .null)
        #expect(context.shared == nil)
        #expect(context.allEntries.map(\.key) == ["user_id", "ke\"y", "roles", "request_id"])
        #expect(context["roles"] == .null)
        #expect(shared["roles"] == .emptyObject)
    }

    @Test func aKeyStandsOnce() {
        let shared = SharedContext(values + [("roles", .null)])
        #expect(shared.entries.map(\.key) == ["user_id", "ke\"y", "roles"])
        #expect(shared["roles"] == .null)
        #expect(shared != SharedContext(values))
        #expect(Set([SharedContext(values), SharedContext(values)]).count == 1)
    }
}
