// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The command `rpc-gateway ping`.
struct PingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Asks a server for a sign of life.",
        discussion: """
            Any reply counts, also that there is no such method, which servers without the ping endpoint give.

            EXAMPLE
              rpc-gateway ping compute/cn1 --timeout 1

            \(Outcome.help)
            """
    )

    @Argument(help: "topic, or topic/server for one server.")
    var target: ClientTarget

    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await options.run(options.request(.ping, target, "oslo_rpc_server_ping", nil))
    }
}
