// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `rpc-gateway gather`.
struct GatherCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gather",
        abstract: "Calls every server of a topic and prints each reply on a line of its own.",
        discussion: """
            Waits the whole timeout, as nobody knows how many servers there are; --min ends it earlier, and fewer replies are \
            exit code 3.

            EXAMPLE
              rpc-gateway gather compute get_status --min 3 --timeout 2

            \(Outcome.help)
            """
    )

    @Argument(help: "The topic.")
    var topic: ClientTarget

    @Argument(help: "The method.")
    var method: String

    @Argument(help: "The arguments, a JSON object. (default: {})")
    var json: String?

    @Option(help: ArgumentHelp("How many replies are enough.", valueName: "number"))
    var min: Int?

    @OptionGroup var options: ClientOptions

    func validate() throws {
        if topic.server != nil { throw ValidationError("gather goes to a topic, not to one server of it") }
        if let min, min < 1 { throw ValidationError("--min must be 1 or more") }
    }

    func run() async throws {
        try await options.run(options.request(.gather(minimum: min), topic, method, json))
    }
}
