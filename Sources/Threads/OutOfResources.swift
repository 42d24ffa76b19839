// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The process has run out of something that the operating system counts.
public struct OutOfResources: Error, Sendable, Hashable, CustomStringConvertible {
    /// What there is no more of.
    public enum Resource: String, Sendable {
        /// File descriptors: the limit of open files.
        case descriptors
        /// Threads: the limit of processes, or memory for their stacks.
        case threads
    }

    /// What there is no more of.
    public var resource: Resource
    /// The operating system's error number.
    public var error: Int32

    /// Makes an error.
    public init(resource: Resource, error: Int32) {
        self.resource = resource
        self.error = error
    }

    /// What has run out, and the fix.
    public var description: String {
        switch resource {
        case .descriptors: "no file descriptor is left (errno \(error)): raise the limit of open files"
        case .threads: "no thread can be started (errno \(error)): raise the limit of threads"
        }
    }
}
