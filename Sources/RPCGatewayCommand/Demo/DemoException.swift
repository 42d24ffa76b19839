// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// An exception with a status code, as the services of OpenStack raise them.
struct DemoException: ExpectedRPCException {
    let moduleName = "demo.exceptions"
    let className: String
    let message: String
    let code: Int

    var keywordArguments: JSONText { (try? JSONText("{\"code\": \(code)}")) ?? .emptyObject }

    /// The kinds of failure that the demo's `fail` knows.
    static let kinds: [String: any Error] = [
        "value_error": RemoteError.valueError("the demo was asked to fail"),
        "key_error": RemoteError.builtin("KeyError", "'missing'"),
        "not_implemented": RemoteError.builtin("NotImplementedError", ""),
        "not_found": DemoException(className: "NotFound", message: "Instance 42 could not be found.", code: 404),
        "conflict": DemoException(className: "Conflict", message: "Instance 42 is locked.", code: 409),
        "quota": DemoException(className: "QuotaExceeded", message: "Quota exceeded for instances.", code: 413),
        "unavailable": DemoException(className: "ServiceUnavailable", message: "The backend is down.", code: 503),
    ]
}
