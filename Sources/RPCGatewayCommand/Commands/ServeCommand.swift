// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The command `rpc-gateway serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves HTTP until SIGTERM or SIGINT.",
        discussion: """
            Prints 'listening on http://HOST:PORT' when it can serve. SIGHUP reads the configuration again and applies \
            it whole or not at all. On an address that others than this machine reach it does not start without \
            authentication and TLS, unless --insecure says so.

            EXAMPLES
              rpc-gateway serve
              rpc-gateway serve --listen 127.0.0.1:8081 --config /etc/rpc-gateway/gateway.yaml
              RPC_GATEWAY_TRANSPORT_URL=rabbit://guest:guest@127.0.0.1:5672/ rpc-gateway serve --set rpc.retry=2
            """
    )

    @OptionGroup var options: ServerOptions

    func run() async throws {
        let arguments = options.arguments
        let loaded = try arguments.load()
        let outcome = try await Serve.run(loaded) { () throws(SettingsError) in
            try Settings.load(arguments: arguments, environment: ProcessEnvironment.variables)
        }
        guard outcome == .stopped else { throw outcome.exitCode }
    }
}
