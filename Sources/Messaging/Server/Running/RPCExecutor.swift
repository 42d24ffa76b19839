// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Where a server's methods run, and how many at a time (`executor` and `executor_thread_pool_size`).
public struct RPCExecutor: Sendable {
    /// How many methods run at a time.
    public let workerCount: Int
    private let place: Place

    private enum Place {
        case tasks, threads(ThreadExecutor), loop
    }

    /// Oslo's number of workers.
    public static let defaultWorkerCount = 64

    /// Runs methods as tasks on Swift's own threads; for methods that never block.
    public static func tasks(_ workerCount: Int = defaultWorkerCount) -> RPCExecutor {
        RPCExecutor(workerCount: max(1, workerCount), place: .tasks)
    }

    /// Runs methods at once where their messages are received, on the driver's loop, up to where they first wait; the
    /// rest runs as a task. For methods that take microseconds or wait (`blocking`).
    ///
    /// A call costs no change of threads. While a method computes, its driver receives and sends nothing.
    public static func immediate(_ workerCount: Int = defaultWorkerCount) -> RPCExecutor {
        RPCExecutor(workerCount: max(1, workerCount), place: .loop)
    }

    /// Runs methods on threads of the executor's own, as many as it has workers; for methods that block (`threading`).
    ///
    /// Threads start when work comes, and end with the process.
    public static func threads(_ workerCount: Int = defaultWorkerCount) -> RPCExecutor {
        let threads = ThreadExecutor(maximumCount: max(1, workerCount))
        return RPCExecutor(workerCount: max(1, workerCount), place: .threads(threads))
    }

    func run(_ worker: @escaping @Sendable () async -> Void) {
        switch place {
        case .tasks: Task { await worker() }
        case .threads(let threads): Task(executorPreference: threads) { await worker() }
        case .loop: Task.immediate { await worker() }
        }
    }
}
