// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The command `rpc-gateway call`.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Calls a method, waits for the reply and prints it.",
        discussion: """
            EXAMPLES
              rpc-gateway call demo echo '{"value": 1}'
              rpc-gateway call compute/cn1 get_status --version 1.5 --timeout 2.5

            \(Outcome.help)
            """
    )

    @Argument(help: "topic, or topic/server for one server.")
    var target: ClientTarget

    @Argument(help: "The method.")
    var method: String

    @Argument(help: "The arguments, a JSON object. (default: {})")
    var json: String?

    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await options.run(options.request(.call, target, method, json))
    }
}
