// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A folder of one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "/settings-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and returns its path.
    func add(_ name: String, _ text: String) -> String {
        try? Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }

    /// Writes files into a folder of their own and returns its path.
    func add(_ files: [String: String], in name: String) -> String {
        try? FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        for (file, text) in files { _ = add("\(name)/\(file)", text) }
        return "\(path)/\(name)"
    }
}
