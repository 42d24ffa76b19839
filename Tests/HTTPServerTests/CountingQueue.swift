// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Synchronization

@testable import HTTPServer

/// Counts what is resumed.
final class CountingQueue: ResumeQueue {
    let resumed = Atomic<Int>(0)

    func resume(_ pending: PendingRequest) { resumed.add(1, ordering: .relaxed) }
}
