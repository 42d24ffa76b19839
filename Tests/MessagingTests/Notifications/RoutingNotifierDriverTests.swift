// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Messaging

struct RoutingNotifierDriverTests {
    private struct Named: NotifierDriver {
        let name: String
        let recorder = RecordingNotifierDriver()
        func notify(_ notification: NotificationMessage) { recorder.notify(notification) }
    }

    private let rpc = Named(name: "rpc")
    private let rpc2 = Named(name: "rpc2")

    /// The configuration of oslo.messaging's own tests.
    private let groups = [
        "group_1": [
            "rpc": RoutingRule(acceptedEvents: ["foo.*", "blah.*"], acceptedPriorities: ["Info"]),
            "rpc2": RoutingRule(acceptedEvents: ["bar.*"]),
        ],
        "group_2": ["rpc": RoutingRule(acceptedPriorities: ["error", "crit*"])],
    ]

    @Test(
        arguments: [
            ("foo.a", NotificationPriority.info, ["rpc"]), ("foo.a", .debug, []), ("bar.a", .info, ["rpc2"]),
            ("bar.a", .error, ["rpc", "rpc2"]), ("zoo", .critical, ["rpc"]), ("xfoo.a", .info, []),
        ] as [(String, NotificationPriority, Set<String>)]
    )
    func rulesChooseTheDrivers(_ event: String, _ priority: NotificationPriority, _ names: Set<String>) throws {
        let router = try RoutingNotifierDriver(groups: groups, drivers: [rpc, rpc2])
        #expect(router.driverNames(eventType: event, priority: priority) == names)
    }

    @Test func aDriverThatSeveralGroupsChooseGetsItOnce() async throws {
        let router = try RoutingNotifierDriver(groups: groups, drivers: [rpc, rpc2])
        let notifier = Notifier(drivers: [router], publisherID: "p")
        try await notifier.notify(.error, "bar.a")
        try await notifier.notify(.debug, "zoo")
        #expect(rpc.recorder.notifications.count == 1 && rpc2.recorder.notifications.count == 1)
    }

    @Test func aRuleWithoutPatternsTakesAllAndOneWithoutAnyNone() {
        #expect(RoutingRule().accepts(eventType: "x", priority: .info))
        #expect(!RoutingRule(acceptedEvents: []).accepts(eventType: "x", priority: .info))
    }

    @Test func aRuleForAnUnknownDriverIsRefused() throws {
        let error = try #require(throws: MessagingError.self) {
            try RoutingNotifierDriver(groups: groups, drivers: [rpc])
        }
        #expect(error.message == #"group group_1: there is no driver "rpc2", only rpc"#)
    }

    @Test func theConfigurationOfOsloCanBeDecoded() throws {
        let text = #"{"g": {"rpc": {"accepted_events": ["foo.*"], "accepted_priorities": ["info"]}}}"#
        let groups = try JSONDecoder().decode([String: [String: RoutingRule]].self, from: Data(text.utf8))
        #expect(groups["g"]?["rpc"] == RoutingRule(acceptedEvents: ["foo.*"], acceptedPriorities: ["info"]))
    }
}
