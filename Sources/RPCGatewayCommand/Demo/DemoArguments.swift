//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Messaging

/// The keyword arguments of a demo method, checked as Python checks a call's signature.
struct DemoArguments: Sendable {
    private static let signatures = [
        "echo": ["value"], "add": ["a", "b"], "sleep": ["seconds"], "fail": ["kind"], "count": [], "counter": [],
    ]

    private let method: String
    private let members: [(key: String, value: JSONText)]

    /// Takes the arguments of a message.
    ///
    /// - Throws: `TypeError` for an argument that the method does not have.
    init(_ message: DirectMessage) throws(RemoteError) {
        method = message.method
        members = message.arguments.members ?? []
        guard let known = Self.signatures[method] else { return }
        if let surplus = members.first(where: { !known.contains($0.key) }) {
            throw .typeError("Demo.\(method)() got an unexpected keyword argument '\(surplus.key)'")
        }
    }

    func value(_ name: String, required: Bool) throws(RemoteError) -> JSONText? {
        if let value = members.last(where: { $0.key == name })?.value { return value }
        if required { throw .typeError("Demo.\(method)() missing 1 required positional argument: '\(name)'") }
        return nil
    }

    func required(_ name: String) throws(RemoteError) -> JSONText { try value(name, required: true) ?? .null }

    func text(_ name: String) throws(RemoteError) -> String? { try value(name, required: false)?.stringValue }

    /// A number of seconds from 0 to 3600.
    func seconds(_ name: String) throws(RemoteError) -> (text: JSONText, duration: Duration) {
        let text = try required(name)
        guard let seconds = Double(text.string), (0...3600).contains(seconds) else {
            throw .valueError("\(name) is a number from 0 to 3600")
        }
        return (text, .seconds(seconds))
    }
}
