// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension EventLoop {
    private static let keptShared = Guarded<EventLoop?>(nil)

    /// The loop of the process for whoever was given none, such as timers and the connections of programs that use the
    /// libraries.
    ///
    /// Started when first asked for, and never stopped.
    public static func shared() throws(OutOfResources) -> EventLoop {
        try keptShared.withLock { kept throws(OutOfResources) in
            if let kept { return kept }
            let loop = try EventLoop(name: "messaging")
            try loop.start()
            kept = loop
            return loop
        }
    }
}
