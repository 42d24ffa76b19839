// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A method that callers reach by its name: a Swift function with typed keyword arguments and a typed result.
///
///     RPCMethod("add", "a", "b", run: calculator.add)
///     RPCMethod("divide", "a", Parameter("by", default: 2.0)) { context, a, by in a / by }
///
/// The function gets the request context and then the arguments in the order of their parameters. It may throw any
/// error; see `RPCException` for how callers see it.
public struct RPCMethod: Sendable {
    /// How a method is run: with the context and the keyword arguments, a JSON object.
    public typealias Body = @Sendable (RequestContext, JSONText) async throws -> JSONText

    /// The name.
    public let name: String
    /// Whether `ExplicitRPCAccessPolicy` lets callers reach it (Python's decorator `expose`).
    public private(set) var isExposed = false
    /// Errors that are no defect of the server and are not logged as such (Python's `expected_exceptions`).
    private(set) var expectedErrors: [@Sendable (any Error) -> Bool] = []
    /// Runs it; the endpoint's name is for messages.
    let run: @Sendable (_ endpoint: String, RequestContext, JSONText) async throws -> JSONText

    /// Makes a method that takes its arguments, whatever they are, as the JSON object that came.
    public init(_ name: String, rawArguments body: @escaping Body) {
        self.name = name
        run = { _, context, arguments in try await body(context, arguments) }
    }

    /// Makes a method with a result.
    public init<each Argument: Decodable & Sendable, Output: Encodable & Sendable>(
        _ name: String,
        _ parameters: repeat Parameter<each Argument>,
        run body: @escaping @Sendable (RequestContext, repeat each Argument) async throws -> Output
    ) {
        self.name = name
        let names = Self.names(repeat each parameters)
        run = { endpoint, context, arguments in
            let call = try MethodArguments(arguments, endpoint: endpoint, method: name, names: names)
            let result = try await body(context, repeat try call.value(of: each parameters))
            return try PythonValue.encode(result)
        }
    }

    /// Makes a method without a result: its callers get null.
    public init<each Argument: Decodable & Sendable>(
        _ name: String,
        _ parameters: repeat Parameter<each Argument>,
        run body: @escaping @Sendable (RequestContext, repeat each Argument) async throws -> Void
    ) {
        self.name = name
        let names = Self.names(repeat each parameters)
        run = { endpoint, context, arguments in
            let call = try MethodArguments(arguments, endpoint: endpoint, method: name, names: names)
            try await body(context, repeat try call.value(of: each parameters))
            return .null
        }
    }

    private static func names<each Argument>(
        _ parameters: repeat Parameter<each Argument>
    ) -> [MethodArguments.Expected] {
        var names: [MethodArguments.Expected] = []
        for parameter in repeat each parameters {
            names.append(.init(text: parameter.name, isRequired: parameter.defaultValue == nil))
        }
        return names
    }
}

extension RPCMethod {
    /// The same method, open to callers under `ExplicitRPCAccessPolicy`.
    public func exposed() -> RPCMethod {
        var copy = self
        copy.isExposed = true
        return copy
    }

    /// The same method, with errors of a type counting as ordinary ways to end: they are not logged as defects.
    public func expecting<Failure: Error>(_ type: Failure.Type) -> RPCMethod {
        var copy = self
        copy.expectedErrors.append { $0 is Failure }
        return copy
    }
}
