// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RPCGatewayCommand

struct EntryPointTests {
    private static let lines: [(arguments: [String], code: Int32)] = [
        (["--version"], 0), (["--help"], 0), (["help", "call"], 0), (["config", "check"], 0), (["config", "show"], 0),
        (["nonsense"], 2), (["call"], 2), (["config", "check", "--set", "http.lops=1"], 2),
        (["--listen", "nowhere"], 2), (["serve", "--config", "/nowhere.yaml"], 2),
        (["call", "t", "m", "--set", "x=1"], 2),
    ]

    @Test(arguments: lines)
    func exitCodesTellUsageErrorsApart(arguments: [String], code: Int32) async {
        #expect(await EntryPoint.run(arguments) == code)
    }
}
