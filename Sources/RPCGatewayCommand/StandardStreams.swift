// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Observability

/// The bytes that were piped into the program.
enum StandardInput {
    /// Everything up to the end; nothing where the input is a terminal or closed.
    static func read() -> [UInt8] {
        guard isatty(STDIN_FILENO) == 0 else { return [] }
        return (try? FileHandle.standardInput.readToEnd()).map { Array($0) } ?? []
    }
}

/// The program's output, for bytes that are no text.
enum StandardOutput {
    /// Writes all of them.
    static func write(_ bytes: [UInt8]) { FileHandle.standardOutput.write(Data(bytes)) }
}

/// Messages to the person at the terminal.
enum StandardError {
    static func print(_ message: String) {
        DescriptorLogOutput.standardError.write(line: Array((message + "\n").utf8))
    }
}
