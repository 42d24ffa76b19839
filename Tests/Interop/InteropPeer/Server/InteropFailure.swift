// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// An exception of the Python module `interop_failures`.
struct InteropFailure: RPCException {
    let moduleName = "interop_failures"
    let className: String
    let message: String
    let arguments: [JSONText]
    let keywordArguments: JSONText

    init(_ name: String, _ message: String, arguments: [JSONText]? = nil, keywords: JSONText = .emptyObject) {
        className = name
        self.message = message
        self.arguments = arguments ?? [JSONText(string: message)]
        keywordArguments = keywords
    }
}
