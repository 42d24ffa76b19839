// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing

@testable import Gateway

struct CallFieldsTests {
    private func fields(
        _ fields: [(String, String)],
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws -> CallFields {
        var configuration = GatewayConfiguration()
        change(&configuration)
        let request = RequestFields(fields.map { (name: $0.0, value: $0.1) })
        return try CallFields(request, identity: RequestIdentity(request), configuration: configuration)
    }

    private func value(_ fields: CallFields, _ key: String) -> String? {
        fields.context.entries.first { $0.key == key }?.value.string
    }

    @Test(arguments: [("2.5", 2500), ("60", 60_000), ("0.001", 1), ("700", 600_000), ("007.50", 7500)])
    func theTimeoutIsSecondsUpToTheMaximum(_ text: String, _ milliseconds: Int) throws {
        #expect(try fields([("Rpc-Timeout", text)]).timeout == .milliseconds(milliseconds))
    }

    @Test(arguments: ["0", "-1", "abc", "1e3", "", "1.", ".5", "+1", "inf", "nan", "1 2", "99999999999999999999"])
    func aWrongTimeoutIsRefused(_ text: String) {
        #expect { try fields([("Rpc-Timeout", text)]) } throws: { ($0 as? Problem)?.code == .invalidRequest }
    }

    @Test func preferWaitCountsWithoutARpcTimeout() throws {
        #expect(try fields([("Prefer", "return=minimal, wait=7")]).timeout == .seconds(7))
        #expect(try fields([("Prefer", "respond-async, wait=7")]).timeout == .seconds(60))
        #expect(try fields([("Prefer", "wait=7"), ("Rpc-Timeout", "3")]).timeout == .seconds(3))
        #expect(try fields([("Prefer", "wait=soon")]).timeout == .seconds(60))
        #expect(try fields([("Prefer", ",;=,\tWait = 7 ;wait=8,wait=9")]).timeout == .seconds(7))
    }

    @Test(arguments: [";", ",", ";wait=3", "=;", "wait", "wait=", "=", ";;,,", "a,;", " ", "wait=;=3"])
    func aMalformedPreferenceCountsForNothing(_ text: String) throws {
        #expect(try fields([("Prefer", text)]).timeout == .seconds(60))
    }

    @Test func aFieldGivenTwiceIsRefused() {
        #expect(throws: Problem.self) { try fields([("Rpc-Timeout", "1"), ("rpc-timeout", "2")]) }
    }

    @Test func theCallMonitorNeedsTwoSeconds() throws {
        #expect(try fields([("Rpc-Call-Monitor", "10")]).callMonitorTimeout == .seconds(10))
        #expect(throws: Problem.self) { try fields([("Rpc-Call-Monitor", "1")]) }
    }

    @Test func theContextIsTheClientsAndTheRequestIDIsOurs() throws {
        let fields = try fields([
            ("Rpc-Context", #"{"user_id": "u1", "n": 1.0, "request_id": "x"}"#), ("X-Request-Id", "abc"),
        ])
        #expect(value(fields, "user_id") == "\"u1\"")
        #expect(value(fields, "n") == "1.0")
        #expect(value(fields, "request_id") == "\"abc\"")
        #expect(value(fields, "global_request_id") == "\"abc\"")
    }

    @Test(arguments: ["[]", "{", "{\"a\": 1, \"a\": 2}", "x"])
    func aWrongContextIsRefused(_ text: String) {
        #expect { try fields([("Rpc-Context", text)]) } throws: { ($0 as? Problem)?.status == 400 }
    }

    @Test func aContextWhereNoneIsAcceptedIsForbidden() {
        #expect { try fields([("Rpc-Context", "{}")]) { $0.acceptsContext = false } } throws: {
            ($0 as? Problem)?.status == 403
        }
    }

    @Test(arguments: ["abc", "req-1_2.3~4"])
    func aPlainRequestIDIsTakenOver(_ id: String) {
        #expect(RequestIdentity(given: id).id == id)
    }

    @Test(arguments: ["", "a b", "a\"b", "é", "a\tb", "<x>", String(repeating: "a", count: 129)])
    func anyOtherRequestIDIsReplaced(_ id: String) {
        #expect(RequestIdentity(given: id).id.hasPrefix("req-"))
        #expect(RequestIdentity(given: id).id.count == 40)
    }

    @Test func aValidTraceTravels() throws {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let travelling = try fields([("traceparent", parent), ("tracestate", "a=1")])
        #expect(value(travelling, "traceparent") == "\"\(parent)\"")
        #expect(value(travelling, "tracestate") == "\"a=1\"")
        let off = try fields([("traceparent", parent)]) { $0.propagatesTraceContext = false }
        #expect(value(off, "traceparent") == nil)
    }

    @Test(arguments: [
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x", "",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
    ])
    func anInvalidTraceIsDropped(_ parent: String) throws {
        #expect(value(try fields([("traceparent", parent), ("tracestate", "a=1")]), "tracestate") == nil)
    }

    private func identifier(_ fields: [(name: String, value: String)]) -> String {
        RequestIdentity(RequestFields(fields)).id
    }

    @Test func theIdentifierOfTheContextIsTheRequests() {
        let context = ("Rpc-Context", #"{"user": 1, "request_id": "req-of-context"}"#)
        #expect(identifier([context]) == "req-of-context")
        #expect(identifier([context, ("X-Request-Id", "of-field")]) == "of-field")
        #expect(identifier([("X-Openstack-Request-Id", "of-other"), context]) == "of-other")
    }

    @Test(arguments: [
        "{}", "{", "[]", #"{"request_id": 1}"#, #"{"request_id": null}"#, #"{"request_id": "a b"}"#,
        #"{"request_id": "\ud800"}"#, #"{"request_id": ""}"#, #"{"other": {"request_id": "x"}}"#,
    ])
    func aContextWithoutATokenGivesNone(_ context: String) {
        #expect(identifier([("Rpc-Context", context)]).utf8.starts(with: "req-".utf8))
    }

    @Test func halfASurrogatePairIsNamed() throws {
        let fields = RequestFields([("Rpc-Context", #"{"\ud800": 1, "user": 2}"#)])
        #expect {
            try CallFields(fields, identity: RequestIdentity(fields), configuration: GatewayConfiguration())
        } throws: {
            ($0 as? Problem)?.detail.utf8.starts(with: "Rpc-Context: a name holds half".utf8) ?? false
        }
    }
}
