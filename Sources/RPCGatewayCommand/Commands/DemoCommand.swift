// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `rpc-gateway demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Serves the demonstration service alone, on any transport.",
        discussion: """
            Prints 'serving TOPIC/SERVER' when it can be called, by this program, by oslo.messaging's client, or over \
            HTTP. SIGTERM and SIGINT end it: what runs is finished, what has not started goes back into its queue.

            EXAMPLE
              export RPC_GATEWAY_TRANSPORT_URL=rabbit://guest:guest@127.0.0.1:5672/
              rpc-gateway demo --server blue
              rpc-gateway call demo/blue add '{"a": 1, "b": 2}'

            EXIT CODES
              0  stopped by a signal
              2  wrong command line, configuration or transport
            """
    )

    @Option(help: "The topic to serve.")
    var topic = "demo"

    @Option(help: "The name of the server.")
    var server = "local"

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let outcome = try await DemoServing.run(topic, server, settings.arguments().load().settings)
        guard outcome == .success else { throw outcome.exitCode }
    }
}
