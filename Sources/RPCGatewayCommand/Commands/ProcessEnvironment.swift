// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The variables of this process' environment.
enum ProcessEnvironment {
    /// Read anew each time; the gateway itself never changes them.
    static var variables: [String: String] {
        var variables: [String: String] = [:]
        // Right: the C library's array ends with nil and nothing in this process writes to it.
        var index = 0
        while let text = unsafe environ[index] {
            let assignment = unsafe String(cString: text)
            let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            index += 1
        }
        return variables
    }
}
