// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `rpc-gateway amqp`.
struct AMQPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "amqp",
        abstract: "Calls a server that is no oslo.messaging server: a queue, reply_to and correlation_id, any bytes.",
        discussion: """
            The body of the reply goes to standard output as it came.

            EXAMPLES
              rpc-gateway amqp - rpc_queue 30
              rpc-gateway amqp images resize --content-type image/jpeg < a.jpeg > b.jpeg
              rpc-gateway amqp - jobs '{"job": 7}' --cast --header tenant=blue

            \(Outcome.help)
            """
    )

    @Argument(help: "The exchange; - is the default one, which routes by the queue's name.")
    var exchange: String

    @Argument(help: ArgumentHelp("The routing key.", valueName: "routing-key"))
    var routingKey: String

    @Argument(help: "The body; without it standard input is read.")
    var body: String?

    @Flag(help: "Send without waiting for a reply.")
    var cast = false

    @Option(name: .customLong("content-type"), help: ArgumentHelp("The body's media type.", valueName: "type"))
    var contentType: String?

    @Option(name: .customLong("header"), help: ArgumentHelp("A header; may be repeated.", valueName: "name=value"))
    var headers: [String] = []

    @Option(help: ArgumentHelp("Seconds to wait. (default: the setting rpc.responseTimeoutMs)", valueName: "seconds"))
    var timeout: Double?

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if let timeout, !(0.001...86_400).contains(timeout) {
            throw ValidationError("--timeout must be a number of seconds from 0.001 to 86400")
        }
        for header in headers where !header.contains("=") || header.hasPrefix("=") {
            throw ValidationError("--header needs NAME=VALUE, not '\(header)'")
        }
    }

    func run() async throws {
        let loaded = try settings.arguments().load()
        let outcome = await PlainCommands.run(
            PlainCommandRequest(
                exchange: exchange == "-" ? "" : exchange,
                routingKey: routingKey,
                body: body.map { Array($0.utf8) } ?? StandardInput.read(),
                contentType: contentType,
                headers: headers.map { Self.pair($0) },
                timeout: timeout.map { .seconds($0) },
                isCast: cast
            ),
            loaded.settings
        )
        guard outcome == .success else { throw outcome.exitCode }
    }

    private static func pair(_ text: String) -> (name: String, value: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), String(parts[1]))
    }
}
