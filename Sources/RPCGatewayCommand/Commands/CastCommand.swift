// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The command `rpc-gateway cast`.
struct CastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cast",
        abstract: "Sends a message without waiting for a reply.",
        discussion: """
            Succeeds when the broker has confirmed the message and put it into a queue.

            EXAMPLES
              rpc-gateway cast compute/cn1 sync '{"force": true}'
              rpc-gateway cast compute refresh --fanout

            \(Outcome.help)
            """
    )

    @Argument(help: "topic, or topic/server for one server.")
    var target: ClientTarget

    @Argument(help: "The method.")
    var method: String

    @Argument(help: "The arguments, a JSON object. (default: {})")
    var json: String?

    @Flag(help: "Send to every server of the topic.")
    var fanout = false

    @OptionGroup var options: ClientOptions

    func validate() throws {
        if fanout, target.server != nil { throw ValidationError("--fanout goes to a topic, not to one server of it") }
    }

    func run() async throws {
        try await options.run(options.request(.cast(isFanout: fanout), target, method, json))
    }
}
