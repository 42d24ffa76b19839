// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The command `rpc-gateway config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Checks or shows the configuration.",
        subcommands: [Check.self, Show.self]
    )

    /// The command `rpc-gateway config check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says that the configuration and its files are valid, or lists all that is wrong with them.",
            discussion: """
                Exits with 0 when all is well, else with 2.

                EXAMPLE
                  rpc-gateway config check --config /etc/rpc-gateway/gateway.yaml
                """
        )

        @OptionGroup var options: ServerOptions

        func run() throws {
            let settings = try options.arguments.load().settings
            do {
                _ = try TLSLoading.load(settings)
                _ = try AccessLoading.load(settings.access, after: nil)
            } catch {
                StandardError.print(error.report)
                throw Outcome.usage.exitCode
            }
            print("configuration ok")
        }
    }

    /// The command `rpc-gateway config show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows every setting with its value and where that comes from, as YAML.",
            discussion: """
                Passwords are shown as ***.

                EXAMPLE
                  rpc-gateway config show --set rpc.retry=2 | grep -v default
                """
        )

        @OptionGroup var options: ServerOptions

        func run() throws {
            print(SettingsDocument.text(of: try options.arguments.load()), terminator: "")
        }
    }
}
