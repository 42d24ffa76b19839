// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import ServiceLifecycle
internal import Threads

extension NotificationListener: Service {
    /// Listens until the service group shuts down gracefully or the task is cancelled, then stops and drains.
    ///
    /// - Throws: `invalidTarget` without a topic, or when no endpoint has a function.
    public func run() async throws {
        try start()
        try? await gracefulShutdown()
        await wait(deadline: .now.advanced(by: configuration.grace))
    }
}
