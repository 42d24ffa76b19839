// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Messaging
internal import Threads

/// Lines on standard output, whole ones whichever task writes them.
enum Line {
    private static let lock = Guarded(())

    static func write(_ text: String) {
        lock.withLock { _ in FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
    }
}
