//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The version that a request asks for, with what Python makes of odd ones.
struct RequestedVersion: Sendable {
    /// As messages show it: `None` for null.
    let text: String
    private let version: RPCVersion?

    /// Reads the version of a request; a missing one is 1.0, null fits no endpoint.
    ///
    /// - Throws: what Python raises for a version that is none.
    init(_ json: JSONText?) throws(RemoteError) {
        text = json.map { $0 == .null ? "None" : $0.stringValue ?? $0.string } ?? "1.0"
        guard let json, json != .null else {
            version = json == nil ? RPCVersion(major: 1, minor: 0) : nil
            return
        }
        guard let string = json.stringValue else {
            throw .builtin("AttributeError", "'\(PythonValue.typeName(of: json))' object has no attribute 'split'")
        }
        do {
            version = try RPCVersion(string)
        } catch  where error.reason == .tooFewParts {
            throw .builtin("IndexError", "list index out of range")
        } catch {
            throw .valueError("invalid literal for int() with base 10: '\(string)'")
        }
    }

    /// Whether an endpoint of a version serves it.
    ///
    /// - Throws: what Python raises for an endpoint's version that is none.
    func isServed(by implemented: String) throws(RemoteError) -> Bool {
        guard let version else { return false }
        do {
            return try RPCVersion(implemented).supports(version)
        } catch {
            throw .valueError("the endpoint's version: \(error)")
        }
    }
}
