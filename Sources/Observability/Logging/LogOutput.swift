// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Where a log handler's lines go.
public protocol LogOutput: Sendable {
    /// Takes one whole line, its line feed included; called from any thread.
    func write(line: [UInt8])
}
