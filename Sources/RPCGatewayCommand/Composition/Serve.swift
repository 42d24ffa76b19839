//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import ArgumentParser

/// Makes every object of the server once, in order, and runs it.
enum Serve {
    /// Serves until the process is told to stop.
    ///
    /// - Parameters:
    ///   - loaded: The settings to start with.
    ///   - reload: Reads the settings again, for SIGHUP.
    static func run(
        _ loaded: LoadedSettings,
        reload: @escaping @Sendable () throws(SettingsError) -> LoadedSettings
    ) async throws -> ExitCode {
        StandardError.print("serve: not available in this build")
        return ExitCode(70)
    }
}
