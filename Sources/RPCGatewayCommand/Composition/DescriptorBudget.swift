// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// How the process's file descriptors are shared out, so that no part can take those of another.
///
/// The rest is for HTTP, where clients decide how many connections there are.
struct DescriptorBudget: Equatable {
    private static let process = 32
    private static let perLoop = 8
    /// What the connections of those who run the gateway may take.
    static let administration = 64
    private static let subscriptionLimits = 4...10_000

    /// Subscriptions to notifications, each of which is a listener of the driver.
    let subscriptions: Int
    /// What HTTP's connections never take.
    let reserved: Int

    /// - Parameters:
    ///   - limit: the descriptors that the process may have.
    ///   - driver: how many of them the driver takes.
    ///   - loops: the event loops.
    ///   - isSeparate: whether those who run the gateway have listeners and a loop of their own.
    init(limit: Int, driver: DriverDescriptors, loops: Int, isSeparate: Bool = false) {
        let perListener = max(1, driver.perListener)
        let (fewest, most) = (Self.subscriptionLimits.lowerBound, Self.subscriptionLimits.upperBound)
        subscriptions = min(max(limit / 8 / perListener, fewest), most)
        let administration = isSeparate ? Self.administration + Self.perLoop : 0
        reserved = Self.process + loops * Self.perLoop + driver.own + subscriptions * perListener + administration
    }
}
