// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Decides which methods of an endpoint callers may reach (`oslo_messaging.rpc.dispatcher.RPCAccessPolicyBase`).
///
/// The caller of a denied method gets the same answer as if it did not exist.
public protocol RPCAccessPolicy: Sendable {
    /// Whether a method may be called.
    func isAllowed(_ method: RPCMethod, of endpoint: any RPCEndpoint) -> Bool
}

/// Allows every method, even those that begin with `_`.
public struct LegacyRPCAccessPolicy: RPCAccessPolicy {
    /// Makes the policy.
    public init() {}

    /// Always true.
    public func isAllowed(_ method: RPCMethod, of endpoint: any RPCEndpoint) -> Bool { true }
}

/// Allows methods whose name does not begin with `_`; the default.
public struct DefaultRPCAccessPolicy: RPCAccessPolicy {
    /// Makes the policy.
    public init() {}

    /// Whether the name is a public one.
    public func isAllowed(_ method: RPCMethod, of endpoint: any RPCEndpoint) -> Bool {
        method.name.utf8.first != UInt8(ascii: "_")
    }
}

/// Allows methods that are marked with `exposed()`, and no others, not even the ping.
public struct ExplicitRPCAccessPolicy: RPCAccessPolicy {
    /// Makes the policy.
    public init() {}

    /// Whether the method is marked.
    public func isAllowed(_ method: RPCMethod, of endpoint: any RPCEndpoint) -> Bool { method.isExposed }
}
