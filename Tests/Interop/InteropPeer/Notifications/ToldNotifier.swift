// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// A notifier that does what it is told, one JSON object a line; the twin of `oslo_notifier.py`.
struct ToldNotifier {
    private let notifier: Notifier

    init(driver: any NotificationDriver, options: Options) {
        let messaging = MessagingNotifierDriver(
            driver: driver,
            topics: options.all("--topic"),
            exchange: options.text("--exchange"),
            format: options.text("--driver") == "messaging" ? .messaging : .messagingv2
        )
        notifier = Notifier(
            drivers: [messaging],
            publisherID: options.text("--publisher") ?? "peer.host1",
            configuration: NotifierConfiguration(retry: 3)
        )
    }

    func run() async throws {
        Line.write("READY")
        for await line in InputLines.stream() {
            let command = try JSONText(line)
            let count = command.member("count").flatMap { Int($0.string) }
            for number in 1...(count ?? 1) { try await send(command, number: count == nil ? nil : number) }
            Line.write("{\"sent\": \(count ?? 1)}")
        }
    }

    private func send(_ command: JSONText, number: Int?) async throws {
        let prepared = notifier.prepare(publisherID: command.member("publisher")?.stringValue)
        let priority = command.member("priority")?.stringValue.flatMap { NotificationPriority(rawValue: $0) }
        let payload = number.map { JSONText.object(["number": .number($0)]) } ?? command.member("payload") ?? .null
        try await prepared.notify(
            priority ?? .info,
            command.member("event")?.stringValue ?? "",
            payload,
            context: command.member("context").flatMap { RequestContext($0) } ?? RequestContext()
        )
    }
}
