// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The program: a gateway from HTTP to oslo.messaging's RPC, and its client at the terminal.
struct RPCGateway: AsyncParsableCommand {
    /// The version of this program.
    static let programVersion = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "rpc-gateway",
        abstract: "Calls oslo.messaging servers over HTTP.",
        discussion: """
            EXAMPLES
              rpc-gateway                            serve a demonstration on port 8080
              rpc-gateway serve --transport-url rabbit://guest:guest@127.0.0.1:5672/
              rpc-gateway call compute/cn1 get_status '{"verbose": true}'
              rpc-gateway config check --config gateway.yaml
              rpc-gateway --version

            Every setting can be given on the command line, in the environment (RPC_GATEWAY_...), \
            in a secret file or in a YAML file; what comes first here counts. \
            'rpc-gateway config show' lists all of them.
            """,
        subcommands: [
            ServeCommand.self, CallCommand.self, CastCommand.self, PingCommand.self, GatherCommand.self,
            AMQPCommand.self, DemoCommand.self,
            KeysCommand.self, PolicyCommand.self, ConfigCommand.self,
        ],
        defaultSubcommand: ServeCommand.self
    )
}
