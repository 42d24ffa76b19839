//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import ArgumentParser

/// Carries out `call`, `cast` and `ping`.
enum ClientCommands {
    /// Does what was asked, prints the result, and says how it ended.
    static func run(_ request: ClientRequest, _ settings: Settings) async throws -> Outcome {
        StandardError.print("client commands: not available in this build")
        throw ExitCode(70)
    }
}
