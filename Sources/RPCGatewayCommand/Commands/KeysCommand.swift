// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import ArgumentParser

/// The command `rpc-gateway keys`.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Makes API keys.",
        subcommands: [New.self]
    )

    /// The command `rpc-gateway keys new`.
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key for a client and prints it once, then the line for the keys file.",
            discussion: """
                The first line of standard output is the key, which only the client is to have. The second one goes into \
                the file that the setting auth.keys names; it holds the key's SHA-256 and is no secret. A name may have \
                several keys, so that a new one can be handed out before the old one goes.

                EXAMPLE
                  rpc-gateway keys new ci --role operator --expires 2027-01-31
                """
        )

        @Argument(help: "The name of the principal: \(NewKey.allowedNames).")
        var name: String

        @Option(name: .customLong("role"), help: ArgumentHelp("A role; may be repeated.", valueName: "role"))
        var roles: [String] = []

        @Option(
            help: ArgumentHelp(
                "When the key expires: \(UTCTime.allowed), or a number of days such as 90d. (default: never)",
                valueName: "time"
            )
        )
        var expires: String?

        func validate() throws {
            if let expires, Self.time(expires, now: 0) == nil {
                throw ValidationError("--expires must be \(UTCTime.allowed), or a number of days such as 90d")
            }
        }

        func run() throws {
            let now = WallClock.now()
            let time = expires.flatMap { Self.time($0, now: now) }
            if let time, time.seconds <= now { throw ValidationError("--expires has passed already") }
            var generator = SystemRandomNumberGenerator()
            guard let new = NewKey(name: name, roles: roles, expires: time, using: &generator) else {
                throw ValidationError("names and roles must be \(NewKey.allowedNames); anonymous is no name")
            }
            print("\(new.key.text)\n\(new.line)")
        }

        /// A moment as the command line gives it.
        static func time(_ text: String, now: Int64) -> UTCTime? {
            guard text.hasSuffix("d") else { return UTCTime(text) }
            guard let days = WholeNumber.parse(String(text.dropLast())), (1...36_500).contains(days) else { return nil }
            return UTCTime(seconds: now + Int64(days) * 86_400)
        }
    }
}
