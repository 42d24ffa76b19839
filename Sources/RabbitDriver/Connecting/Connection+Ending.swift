// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Names
internal import Threads

extension Connection {
    /// Deletes queues that nobody will read any more and closes; what has not happened by the deadline is not waited for.
    func deleteQueuesAndClose(_ queues: [Name], deadline: Moment) async {
        guard isOpen else { return abort() }
        // Neither answer of the broker is waited for longer than the deadline.
        let alarm = Task {
            try await Task.sleep(for: max(.zero, deadline - .now))
            abort()
        }
        defer { alarm.cancel() }
        _ = await withCheckedContinuation { continuation in
            perform(queues.map { .deleteQueue($0) }) { continuation.resume(returning: $0) }
        }
        await withCheckedContinuation { continuation in close { continuation.resume() } }
    }
}
