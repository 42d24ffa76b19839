// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Foundation

/// SIGTERM; one that comes before anybody waits for it is not lost.
struct Termination {
    private let signals: AsyncStream<Void>
    private let source: any DispatchSourceSignal

    init() {
        signal(SIGTERM, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
        signals = AsyncStream { continuation in source.setEventHandler { continuation.yield() } }
        source.activate()
        self.source = source
    }

    func wait() async {
        for await _ in signals { break }
        source.cancel()
    }
}
