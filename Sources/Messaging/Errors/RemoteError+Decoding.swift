// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

extension RemoteError {
    /// Decodes the failure string of a reply (`oslo_messaging._drivers.common.serialize_remote_exception`).
    ///
    /// Missing parts are empty, as Python reads them. The suffix `_Remote`, which Python adds to class and module when it
    /// raises an exception again, is taken off, and Python 2's module `exceptions` is `builtins`.
    ///
    /// - Throws: `JSONError` when the text is not a JSON object.
    init(failure text: [UInt8]) throws(JSONError) {
        let whole = try JSONText(text)
        guard whole.isObject else { throw JSONError(.notAnObject, at: 0) }
        var error = RemoteError(module: "", className: "")
        // A text may have millions of members: of those that mean nothing nothing is made.
        JSONObject.forEachMember(of: whole) { bytes, member in
            let value = whole.slice(member.value)
            switch JSONString.key(bytes, member.key) {
            case "class": error.className = Self.withoutSuffix(value.stringValue ?? "")
            case "module": error.module = Self.moduleName(value.stringValue ?? "")
            case "message": error.message = value.stringValue ?? value.string
            case "tb": error.traceback = Self.strings(of: value)
            case "args": error.arguments = value.bytes.first == 0x5b ? value : RemoteError.noArguments
            case "kwargs": error.keywordArguments = value.isObject ? value : .emptyObject
            default: break
            }
        }
        self = error
    }

    /// The entries of a traceback that are kept: Python itself shows fewer than 2,000.
    static let maximumTraceback = 4096

    private static func moduleName(_ text: String) -> String {
        let name = withoutSuffix(text)
        return name.isSame(as: "exceptions") ? "builtins" : name
    }

    private static let suffix = "_Remote"

    private static func withoutSuffix(_ text: String) -> String {
        Name(text).hasSuffix(suffix) ? String(Substring(text.utf8.dropLast(suffix.utf8.count))) : text
    }

    private static func strings(of array: JSONText) -> [String] {
        (array.lastElements(maximumTraceback) ?? []).map { $0.stringValue ?? $0.string }
    }
}
