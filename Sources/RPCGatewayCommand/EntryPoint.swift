// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc

/// The process's entry.
@main struct EntryPoint {
    static func main() async {
        // A closed standard error or socket is to fail one write, not to end the process.
        signal(SIGPIPE, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        SecretWords.hide()
        await exit(run(arguments))
    }

    /// Runs a command line and returns the process's exit code.
    static func run(_ arguments: [String]) async -> Int32 {
        // Handled here, as the parser's own flag would take the option --version away from `call`, `cast`, `ping` and
        // `gather`.
        if arguments.first == "--version" {
            print(RPCGateway.programVersion)
            return Outcome.success.rawValue
        }
        do {
            var command = try RPCGateway.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return Outcome.success.rawValue
        } catch {
            return report(error)
        }
    }

    /// Help goes to standard output and complaints to standard error; a wrong command line gives 2, as a wrong
    /// configuration does.
    private static func report(_ error: any Error) -> Int32 {
        let code = RPCGateway.exitCode(for: error)
        let message = RPCGateway.fullMessage(for: error)
        if code.isSuccess {
            print(message)
        } else if !message.isEmpty {
            StandardError.print(message)
        }
        return code == .validationFailure ? Outcome.usage.rawValue : code.rawValue
    }
}
