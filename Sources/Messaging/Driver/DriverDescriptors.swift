// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The file descriptors that a driver takes at the most.
public struct DriverDescriptors: Sendable, Hashable {
    /// For all it does, listeners apart.
    public var own: Int
    /// For each listener.
    public var perListener: Int

    /// Makes a statement; a driver without connections takes none.
    public init(own: Int = 0, perListener: Int = 0) {
        self.own = own
        self.perListener = perListener
    }
}
