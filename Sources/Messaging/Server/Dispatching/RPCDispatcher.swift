// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Finds the endpoint and the method for a request and runs it (`oslo_messaging.rpc.dispatcher.RPCDispatcher`).
public struct RPCDispatcher: Sendable {
    private struct Entry: Sendable {
        var endpoint: any RPCEndpoint
        var name: String
        var namespaces: [Name?]
        var version: String
        var methods: [Name: RPCMethod]
    }

    private let entries: [Entry]
    private let serializer: any Serializer
    private let accessPolicy: any RPCAccessPolicy

    /// Makes a dispatcher over endpoints, which are tried in their order.
    public init(
        endpoints: [any RPCEndpoint],
        serializer: any Serializer = NoOpSerializer(),
        accessPolicy: any RPCAccessPolicy = DefaultRPCAccessPolicy()
    ) {
        entries = endpoints.map { endpoint in
            let methods = endpoint.methods.map { (Name($0.name), $0) }
            return Entry(
                endpoint: endpoint,
                name: endpoint.name,
                namespaces: [endpoint.target.namespace.map { Name($0) }]
                    + endpoint.target.legacyNamespaces.map { Name($0) },
                version: endpoint.target.version ?? "1.0",
                methods: Dictionary(methods, uniquingKeysWith: { first, _ in first })
            )
        }
        self.serializer = serializer
        self.accessPolicy = accessPolicy
    }

    /// Runs the method of a request.
    ///
    /// - Returns: the result in its wire form.
    /// - Throws: why there is none, in the form that the caller is to see.
    public func dispatch(_ request: IncomingRequest) async throws(DispatchFailure) -> JSONText {
        let (entry, method) = try find(request)
        let context: RequestContext
        do {
            context = try serializer.deserialize(request.context)
            let arguments = try deserialize(try Self.arguments(of: request), context)
            let result = try await method.run(entry.name, context, arguments)
            return try serializer.serialize(result, context: context)
        } catch {
            let remote = RemoteError(raising: error, endpoint: entry.name, method: method.name)
            throw DispatchFailure(remote, Self.cause(of: error, remote, in: method))
        }
    }

    private static func cause(
        of error: any Error,
        _ remote: RemoteError,
        in method: RPCMethod
    ) -> DispatchFailure.Cause {
        guard remote.hasFrame(of: method.name) else { return .request }
        // Whoever throws a ready-made exception for the caller means the caller to have it.
        let isMeant = error is any ExpectedRPCException || error is RemoteError
        return isMeant || method.expectedErrors.contains { $0(error) } ? .expected : .defect
    }

    /// The endpoint and method that a request is for.
    private func find(_ request: IncomingRequest) throws(DispatchFailure) -> (Entry, RPCMethod) {
        do throws(RemoteError) {
            let version = RequestedVersion(request.version)
            let namespace = RequestedNamespace(request.namespace)
            var isCompatible = false
            for entry in entries {
                guard namespace.isAmong(entry.namespaces), try version.isServed(by: entry.version) else { continue }
                isCompatible = true
                let name = try Self.methodName(of: request)
                if let method = entry.methods[name], accessPolicy.isAllowed(method, of: entry.endpoint) {
                    return (entry, method)
                }
            }
            let name = request.method?.stringValue ?? request.method?.string ?? "None"
            throw isCompatible ? .noSuchMethod(name) : .unsupportedVersion(version.text, method: name)
        } catch {
            throw DispatchFailure(error.raised(), .request)
        }
    }

    private static func methodName(of request: IncomingRequest) throws(RemoteError) -> Name {
        if let name = request.method?.stringValue { return Name(name) }
        let type = request.method.map(PythonValue.typeName) ?? "NoneType"
        throw .typeError("attribute name must be string, not '\(type)'")
    }

    private static func arguments(of request: IncomingRequest) throws(RemoteError) -> JSONText {
        guard let arguments = request.arguments else { return .emptyObject }
        guard arguments.isObject else {
            let type = PythonValue.typeName(of: arguments)
            throw RemoteError.builtin("AttributeError", "'\(type)' object has no attribute 'items'").raised()
        }
        return arguments
    }

    /// Deserializes each argument by itself, as oslo.messaging does; without a serializer the bytes stay as they are.
    private func deserialize(_ arguments: JSONText, _ context: RequestContext) throws -> JSONText {
        if serializer is NoOpSerializer || serializer is JSONSerializer { return arguments }
        var text: [UInt8] = [0x7b]
        for (index, member) in (arguments.writtenMembers ?? []).enumerated() {
            if index > 0 { text.append(ascii: ", ") }
            text.append(contentsOf: member.key.bytes)
            text.append(ascii: ": ")
            text.append(contentsOf: try serializer.deserialize(member.value, context: context).bytes)
        }
        text.append(0x7d)
        return JSONText(validated: text[...])
    }
}

/// Why a request has no result.
public struct DispatchFailure: Error, Sendable {
    /// What the caller gets.
    public var remote: RemoteError
    /// Whose doing it is.
    public var cause: Cause

    /// Where a failure comes from.
    public enum Cause: Sendable, Hashable {
        /// The caller's: no such method, another version, wrong arguments. The method has not run.
        case request
        /// An ordinary way for the method to end.
        case expected
        /// An error that the method did not mean to throw.
        case defect
    }

    init(_ remote: RemoteError, _ cause: Cause) {
        self.remote = remote
        self.cause = cause
    }
}

/// The namespace that a request asks for.
struct RequestedNamespace: Sendable {
    private let name: Name?
    /// False for what is no string, which fits no endpoint.
    private let isName: Bool

    /// Takes the namespace of a request as it came; a missing one and null are the null namespace.
    init(_ json: JSONText?) {
        let isMissing = json == nil || json == .null
        name = isMissing ? nil : json?.stringValue.map { Name($0) }
        isName = isMissing || name != nil
    }

    /// Whether it is one of these; nil stands for the null namespace.
    func isAmong(_ known: [Name?]) -> Bool { isName && known.contains(name) }
}
