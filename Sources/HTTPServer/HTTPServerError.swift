// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Why a server did not start.
public struct HTTPServerError: Error, CustomStringConvertible {
    /// What a program switches on.
    public enum Code: String, Sendable {
        /// The configuration has values out of range.
        case invalidConfiguration
        /// The host does not resolve to an address.
        case unresolvableHost
        /// Another process listens on the port.
        case addressInUse
        /// The address is not one of this machine's, or the port needs a privilege that the process lacks.
        case addressNotAvailable
        /// The process or the machine is out of descriptors, threads or memory.
        case outOfResources
        /// `start` was called twice.
        case alreadyStarted
    }

    /// What a program switches on.
    public var code: Code
    /// What an operator reads: what is wrong and the fix.
    public var message: String

    /// The message.
    public var description: String { message }
}
