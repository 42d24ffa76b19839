// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The version that a request asks for, compared as `oslo_messaging._utils.version_is_compatible` does, step by step:
/// an odd version is an error only where Python comes to look at the odd part.
struct RequestedVersion: Sendable {
    private let json: JSONText?

    /// Takes the version of a request as it came; a missing one is 1.0, null fits no endpoint.
    init(_ json: JSONText?) { self.json = json }

    /// The version as messages show it: `None` for null.
    var text: String {
        guard let json else { return "1.0" }
        return json == .null ? "None" : json.stringValue ?? json.string
    }

    /// Whether an endpoint of a version serves it.
    ///
    /// - Throws: what Python raises for something that is no version.
    func isServed(by implemented: String) throws(RemoteError) -> Bool {
        if json == .null { return false }
        guard json == nil || json?.bytes.first == 0x22 && json?.stringValue != nil else {
            let type = json.map(PythonValue.typeName) ?? "NoneType"
            throw .builtin("AttributeError", "'\(type)' object has no attribute 'split'")
        }
        // Versions that are nothing but decimal numbers, as nearly all are, need none of Python's special rules.
        if let wanted = try? RPCVersion(text), let own = try? RPCVersion(implemented) { return own.supports(wanted) }
        let (wanted, own) = (Parts(text), Parts(implemented))
        guard try wanted.number(0) == own.number(0) else { return false }
        let (minor, ownMinor) = (try wanted.number(1), try own.number(1))
        guard minor == ownMinor else { return minor < ownMinor }
        return try wanted.revision <= own.revision
    }

    private struct Parts {
        private let parts: [Substring]

        init(_ text: String) {
            let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            self.parts = parts.map { Substring($0) }
        }

        func number(_ index: Int) throws(RemoteError) -> Int {
            guard index < parts.count else { throw .builtin("IndexError", "list index out of range") }
            guard let number = Int(parts[index]) else {
                throw .valueError("invalid literal for int() with base 10: '\(parts[index])'")
            }
            return number
        }

        /// The third part, 0 where there is none.
        var revision: Int { get throws(RemoteError) { parts.count > 2 ? try number(2) : 0 } }
    }
}
