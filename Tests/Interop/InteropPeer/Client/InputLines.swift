// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Standard input, line by line; read on a thread of its own, because reading blocks.
enum InputLines {
    static func stream() -> AsyncStream<String> {
        AsyncStream { continuation in
            // Dropping the handle detaches the thread, which ends with the input.
            // Without a thread and descriptors there is nothing to test.
            // swift-format-ignore: NeverUseForceTry
            _ = try! OwnedThread(name: "input") {
                while let line = readLine() { continuation.yield(line) }
                continuation.finish()
            }
        }
    }
}
