// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A method's result that JSON cannot hold: a defect of the method, of which its caller learns.
struct UnserializableResult: RPCException {
    let moduleName = "builtins"
    let className = "ValueError"
    let message: String

    init(_ reason: any Error) { message = "The result cannot be sent as JSON: \(reason)" }
}
