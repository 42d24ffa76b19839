//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Dispatch
internal import Foundation

/// SIGTERM.
enum Termination {
    static func wait() async {
        signal(SIGTERM, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
        await withCheckedContinuation { continuation in
            let once = Once(continuation)
            source.setEventHandler { once.resume() }
            source.activate()
        }
        source.cancel()
    }
}
