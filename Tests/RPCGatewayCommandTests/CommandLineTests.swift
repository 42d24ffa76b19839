// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing

@testable import RPCGatewayCommand

struct CommandLineTests {
    @Test func serveIsTheDefault() throws {
        let command = try RPCGateway.parseAsRoot([
            "--listen", "[::1]:0", "--set", "rpc.retry=-1", "--log-level", "debug",
        ])
        let arguments = try #require(command as? ServeCommand).options.arguments
        #expect(
            arguments
                == SettingsArguments(
                    values: [("rpc.retry", "-1"), ("log.level", "debug"), ("http.listen", "[::1]:0")],
                    areForServing: true
                )
        )
        #expect(try RPCGateway.parseAsRoot([]) is ServeCommand)
    }

    @Test func callTakesTheVersionOfTheRPC() throws {
        let line = [
            "call", "compute/cn1", "get", "{\"a\":1}", "--version", "1.5", "--namespace", "n", "--timeout", "2.5",
        ]
        let command = try #require(try RPCGateway.parseAsRoot(line) as? CallCommand)
        let request = command.options.request(.call, command.target, command.method, command.json)
        #expect(request.version == "1.5")
        #expect(request.namespace == "n")
        #expect(request.timeout == .milliseconds(2500))
        #expect(request.target.topic == "compute")
        #expect(request.target.server == "cn1")
        #expect(request.arguments == "{\"a\":1}")
    }

    @Test func argumentsDefaultToAnEmptyObject() throws {
        let command = try #require(try RPCGateway.parseAsRoot(["cast", "t", "m", "--fanout"]) as? CastCommand)
        #expect(command.fanout)
        #expect(command.options.request(.cast(isFanout: true), command.target, "m", command.json).arguments == "{}")
    }

    @Test(arguments: [
        ["call"], ["call", "t"], ["call", "", "m"], ["call", "a/b/c", "m"], ["call", "a/", "m"], ["ping"],
        ["call", "t", "m", "--timeout", "0"], ["call", "t", "m", "--timeout", "inf"],
        ["call", "t", "m", "--timeout", "x"],
        ["call", "t", "m", "--version", "new"], ["cast", "t/s", "m", "--fanout"], ["--set", "novalue"],
        ["--set", "=x"],
        ["config", "unknown"], ["serve", "--nonsense"],
    ])
    func wrongCommandLinesAreRefused(line: [String]) {
        #expect(throws: (any Error).self) { try RPCGateway.parseAsRoot(line) }
    }

    @Test func eachOutcomeHasItsExitCodeAndIsInTheHelp() {
        #expect(Outcome.allCases.map(\.rawValue) == Array(0...6))
        for outcome in Outcome.allCases { #expect(Outcome.help.contains("  \(outcome.rawValue)  ")) }
        #expect(CallCommand.helpMessage().contains("EXIT CODES"))
    }
}
