// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Logging
internal import Synchronization

/// The level of all log handlers that share it, changeable while they are in use.
public final class LogLevelSwitch: Sendable {
    private let index: Atomic<Int>

    /// Starts with a level.
    public init(_ level: Logger.Level) {
        index = Atomic(Self.order.firstIndex(of: level) ?? 0)
    }

    /// The level that holds now; may be set from any thread.
    public var level: Logger.Level {
        get { Self.order[index.load(ordering: .relaxed)] }
        set { index.store(Self.order.firstIndex(of: newValue) ?? 0, ordering: .relaxed) }
    }

    private static let order = Logger.Level.allCases
}
