// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Bounds a wait that cannot be cancelled.
enum Deadline {
    /// Runs the work; false when the instant came first. The work then goes on by itself.
    static func run(until instant: Moment, _ work: @escaping @Sendable () async -> Void) async -> Bool {
        await withCheckedContinuation { continuation in
            let winner = Guarded<CheckedContinuation<Bool, Never>?>(continuation)
            let finish: @Sendable (Bool) -> Void = { isDone in
                let waiting = winner.withLock { winner in
                    defer { winner = nil }
                    return winner
                }
                waiting?.resume(returning: isDone)
            }
            let alarm = Task {
                try? await Task.sleep(for: max(.zero, instant - .now))
                finish(false)
            }
            Task {
                await work()
                finish(true)
                alarm.cancel()
            }
        }
    }
}
