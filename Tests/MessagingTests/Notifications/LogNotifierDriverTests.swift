// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Logging
import Messaging
import Testing

struct LogNotifierDriverTests {
    private func lines(
        _ priority: NotificationPriority,
        _ payload: String,
        level: Logger.Level = .trace
    ) async throws -> [String] {
        let log = LogRecorder(level: level)
        let notifier = Notifier(
            drivers: [LogNotifierDriver(logger: log.logger)],
            publisherID: "p",
            now: { .zero }
        )
        try await notifier.notify(priority, "e", JSONText(payload))
        return log.lines
    }

    @Test func aNotificationIsOneLineOfJSON() async throws {
        let line = try #require(try await lines(.info, #"{"n": 1.0}"#).first)
        #expect(line.hasPrefix(#"info: {"message_id": ""#))
        let rest = #", "publisher_id": "p", "event_type": "e", "priority": "INFO", "payload": {"n": 1.0}"#
        #expect(line.contains(rest + #", "timestamp": "1970-01-01 00:00:00.000000"}"#))
    }

    @Test(
        arguments: zip(
            NotificationPriority.allCases,
            ["notice", "debug", "info", "warning", "error", "critical", "debug"]
        )
    )
    func thePriorityChoosesTheLevel(_ priority: NotificationPriority, _ level: String) async throws {
        #expect(try await lines(priority, "null").first?.hasPrefix("\(level): {") == true)
    }

    @Test func whatTheLoggerWouldDropIsNotBuilt() async throws {
        #expect(try await lines(.info, "1", level: .error).isEmpty)
    }

    @Test(arguments: [
        (#"{"password": "x", "user": "ann"}"#, #"{"password": "***", "user": "ann"}"#),
        (#"{"AdminPass": 12, "a": {"auth_token": ["x"]}}"#, #"{"AdminPass": "***", "a": {"auth_token": "***"}}"#),
        (#"{"token": {"id": "x", "secret": "y"}}"#, #"{"token": {"id": "x", "secret": "***"}}"#),
        (#"[{"pass\u0077ord": "x"}, 1.0, []]"#, #"[{"password": "***"}, 1.0, []]"#),
        (#"{"cmd": "mysql --password x"}"#, #"{"cmd": "***"}"#),
        (#"{"cmd": "TOKEN = x"}"#, #"{"cmd": "***"}"#),
        (#"{"cmd": "{\"password2\": \"x\"}"}"#, #"{"cmd": "***"}"#),
        (#"{"cmd": "<adminPass>x</adminPass>"}"#, #"{"cmd": "***"}"#),
        (#"{"event": "token expired"}"#, #"{"event": "token expired"}"#),
        (#""password""#, #""password""#),
    ])
    func secretsAreMasked(_ payload: String, _ shown: String) async throws {
        #expect(try await lines(.info, payload).first?.contains(#""payload": \#(shown), "timestamp""#) == true)
    }
}
