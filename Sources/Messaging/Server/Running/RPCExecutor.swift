// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Where a server's methods run, and how many at a time (`executor` and `executor_thread_pool_size`).
public struct RPCExecutor: Sendable {
    /// How many methods run at a time.
    public let workerCount: Int
    private let threads: ThreadExecutor?

    /// Oslo's number of workers.
    public static let defaultWorkerCount = 64

    /// Runs methods as tasks on Swift's own threads; for methods that never block.
    public static func tasks(_ workerCount: Int = defaultWorkerCount) -> RPCExecutor {
        RPCExecutor(workerCount: max(1, workerCount), threads: nil)
    }

    /// Runs methods on threads of the executor's own, as many as it has workers; for methods that block (`threading`).
    ///
    /// Threads start with the work and end with the process.
    public static func threads(_ workerCount: Int = defaultWorkerCount) -> RPCExecutor {
        RPCExecutor(workerCount: max(1, workerCount), threads: ThreadExecutor(maximumCount: max(1, workerCount)))
    }

    func run(_ worker: @escaping @Sendable () async -> Void) {
        if let threads { Task(executorPreference: threads) { await worker() } } else { Task { await worker() } }
    }
}
