// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Observability

/// Messages to the person at the terminal.
enum StandardError {
    static func print(_ message: String) {
        DescriptorLogOutput.standardError.write(line: Array((message + "\n").utf8))
    }
}
