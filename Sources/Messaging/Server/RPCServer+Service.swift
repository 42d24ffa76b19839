// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import ServiceLifecycle
internal import Threads

extension RPCServer: Service {
    /// Serves until the service group shuts down gracefully or the task is cancelled, then stops and drains.
    ///
    /// - Throws: `invalidTarget` without topic or server.
    public func run() async throws {
        try start()
        try? await gracefulShutdown()
        await wait(deadline: .now.advanced(by: configuration.grace))
    }
}
