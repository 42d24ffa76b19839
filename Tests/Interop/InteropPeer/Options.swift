// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// `--name value` pairs and `--flags` of the command line.
struct Options {
    private static let flags: Set<String> = ["--no-ping", "--start-twice", "--tell-all", "--requeue"]
    private var values: [(name: String, value: String)] = []

    init(_ words: [String]) throws {
        var rest = words[...]
        while let name = rest.popFirst() {
            guard name.hasPrefix("--") else { throw UsageError(description: "not an option: \(name)") }
            if Self.flags.contains(name) {
                values.append((name, ""))
            } else if let value = rest.popFirst() {
                values.append((name, value))
            } else {
                throw UsageError(description: "\(name) needs a value")
            }
        }
    }

    func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }

    func text(_ name: String) -> String? { all(name).last }

    func number(_ name: String, default standard: Int) -> Int { text(name).flatMap { Int($0) } ?? standard }

    func has(_ name: String) -> Bool { !all(name).isEmpty }
}
