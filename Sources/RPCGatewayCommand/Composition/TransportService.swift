// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import ServiceLifecycle
internal import Threads

/// Runs a driver: connects at the start, and leaves the broker tidy at the end.
struct TransportService: Service {
    let driver: any Driver
    let grace: Duration

    func run() async throws {
        driver.start()
        try? await gracefulShutdown()
        // The calls have ended before (the HTTP side stops first): what is left is flushing, deleting and closing.
        await driver.shutdown(deadline: .now.advanced(by: min(grace, .seconds(5))))
    }
}
