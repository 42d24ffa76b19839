// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// An error that callers are to see as an exception of a Python class of their own.
///
/// A Python client raises the class itself where its `allowed_remote_exmods` names the module, constructing it with
/// `arguments` and `keywordArguments`; others see a `RemoteError` with these names. An error that does not conform is
/// sent under the names of its Swift module and type; a thrown `RemoteError` is sent as it is, and a `MessagingError`
/// (of a call that the method made itself) under the name of oslo.messaging's exception.
public protocol RPCException: Error {
    /// The Python module, such as `nova.exception`.
    var moduleName: String { get }
    /// The class name, such as `InstanceNotFound`.
    var className: String { get }
    /// The text.
    var message: String { get }
    /// The positional arguments to construct it with; `[message]` unless given.
    var arguments: [JSONText] { get }
    /// The keyword arguments to construct it with, a JSON object; an integer `code` is what HTTP gateways answer with.
    var keywordArguments: JSONText { get }
}

extension RPCException {
    /// The message alone.
    public var arguments: [JSONText] { [JSONText(string: message)] }

    /// None.
    public var keywordArguments: JSONText { .emptyObject }
}

/// An error whose instances are ordinary ways for a method to end: they are not logged as defects.
public protocol ExpectedRPCException: RPCException {}

/// A method's result that JSON cannot hold: a defect of the method, which its caller learns of.
struct UnserializableResult: RPCException {
    let moduleName = "builtins"
    let className = "ValueError"
    let message: String

    init(_ reason: any Error) { message = "The result cannot be sent as JSON: \(reason)" }
}
