// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import ArgumentParser
internal import Gateway
internal import Names

/// The command `rpc-gateway policy`.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Asks the rules of the policy.",
        subcommands: [Test.self]
    )

    /// The command `rpc-gateway policy test`.
    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says whether a request would be allowed, and by which rule.",
            discussion: """
                Nothing is sent. Exits with 0 when the request is allowed, with 1 when it is denied, and with 2 when there \
                is something wrong.

                EXAMPLE
                  rpc-gateway policy test --as ops --role operator POST /nova/cn1/reboot --set policy.file=policy.yaml
                """
        )

        @Argument(help: "The HTTP method.")
        var method: String

        @Argument(help: "The path, with its query.")
        var target: String

        @Option(name: .customLong("as"), help: ArgumentHelp("The principal.", valueName: "name"))
        var principal = "anonymous"

        @Option(
            name: .customLong("role"),
            help: ArgumentHelp("A role of the principal; may be repeated.", valueName: "role")
        )
        var roles: [String] = []

        @Option(
            help: ArgumentHelp(
                "The address that the request comes from; unix:33 is user 33 at a Unix socket.",
                valueName: "address"
            )
        )
        var from = "127.0.0.1"

        @OptionGroup var settings: SettingsOptions

        func run() throws {
            let settings = try settings.arguments().load().settings
            guard let policy = try Self.policy(settings) else {
                StandardError.print("rpc-gateway: there is no policy; name its file by --set policy.file=FILE")
                throw Outcome.usage.exitCode
            }
            let principal = Principal(name: Name(principal), roles: roles.map { Name($0) }, source: .nothing)
            let question: PolicyQuestion
            do {
                question = try PolicyQuestion(method: method, target: target, settings.gatewayConfiguration)
            } catch {
                StandardError.print("rpc-gateway: \(error)")
                throw Outcome.usage.exitCode
            }
            let decision = policy.decide(question.request, of: principal, from: from)
            print(Self.text(decision, question.request, settings.access.policyFile ?? ""))
            guard decision.allows else { throw ExitCode(1) }
        }

        private static func policy(_ settings: Settings) throws -> Policy? {
            do {
                return try AccessLoading.policy(settings.access)
            } catch {
                StandardError.print(error.report)
                throw Outcome.usage.exitCode
            }
        }

        /// What is decided, by which rule, and how rules see the request.
        static func text(_ decision: PolicyDecision, _ request: AccessRequest, _ file: String) -> String {
            let verb = decision.allows ? "allow" : "deny"
            let rule = decision.rule.map { "rule \($0), line \(decision.line ?? 0) of \(file)" } ?? "no rule applies"
            return "\(verb): \(rule)\n\(request.mode.rawValue) \(request.target)"
        }
    }
}
