// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Drops every notification (the driver `noop`).
public struct NoOpNotifierDriver: NotifierDriver {
    /// `noop`.
    public let name = "noop"
    /// False.
    public let isEnabled = false

    /// Makes the driver.
    public init() {}

    /// Does nothing.
    public func notify(_ notification: NotificationMessage) {}
}
