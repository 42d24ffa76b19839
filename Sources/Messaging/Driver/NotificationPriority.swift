// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How urgent a notification is; each has its own queue.
public enum NotificationPriority: String, Sendable, Hashable, CaseIterable, Codable {
    /// For audits.
    case audit
    /// For people who look for a defect.
    case debug
    /// For information.
    case info
    /// For what may become a problem.
    case warn
    /// For what has failed.
    case error
    /// For what endangers the service.
    case critical
    /// For samples of measurements.
    case sample

    /// As it stands in the body of a notification.
    public var wireName: String { rawValue.uppercased() }
}
