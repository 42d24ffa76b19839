// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Calls and casts methods of RPC servers (`oslo_messaging.RPCClient`).
///
/// A value that may be copied and used from any task. `prepare` makes a copy with other parameters.
public struct RPCClient<Coding: Serializer>: Sendable {
    /// The driver that carries the messages.
    public let driver: any Driver
    /// Where messages go.
    public private(set) var target: Target
    /// How messages are sent.
    public private(set) var configuration: RPCClientConfiguration
    /// What turns arguments and results into their wire form.
    public let serializer: Coding

    /// Makes a client.
    public init(
        driver: any Driver,
        target: Target,
        configuration: RPCClientConfiguration = RPCClientConfiguration(),
        serializer: Coding
    ) {
        self.driver = driver
        self.target = target
        self.configuration = configuration
        self.serializer = serializer
    }

    /// A copy with other parameters: what is left out is inherited, what is nil is removed.
    ///
    /// - Throws: `invalidRequest` when the version does not have at least two numbers.
    public func prepare(
        exchange: Override<String> = .inherited,
        topic: Override<String> = .inherited,
        namespace: Override<String> = .inherited,
        version: Override<String> = .inherited,
        server: Override<String> = .inherited,
        isFanout: Bool? = nil,
        timeout: Duration? = nil,
        versionCap: Override<String> = .inherited,
        retry: Override<Int> = .inherited,
        callMonitorTimeout: Override<Duration> = .inherited
    ) throws(MessagingError) -> RPCClient {
        var copy = self
        copy.target.exchange = exchange.resolved(target.exchange)
        copy.target.topic = topic.resolved(target.topic)
        copy.target.namespace = namespace.resolved(target.namespace)
        copy.target.version = version.resolved(target.version)
        copy.target.server = server.resolved(target.server)
        copy.target.isFanout = isFanout ?? target.isFanout
        copy.target.legacyNamespaces = []
        copy.configuration.timeout = timeout ?? configuration.timeout
        copy.configuration.versionCap = versionCap.resolved(configuration.versionCap)
        copy.configuration.retry = retry.resolved(configuration.retry)
        copy.configuration.callMonitorTimeout = callMonitorTimeout.resolved(configuration.callMonitorTimeout)
        try VersionCap.checkForm(copy.target.version)
        return copy
    }

    /// Whether the version cap lets a version be sent; without an argument, the target's.
    public func canSendVersion(_ version: Override<String> = .inherited) -> Bool {
        VersionCap.allows(version.resolved(target.version), cap: configuration.versionCap)
    }

    /// Calls a method and waits for its result.
    ///
    /// - Parameters:
    ///   - context: the request context.
    ///   - method: the method's name.
    ///   - arguments: the keyword arguments, a JSON object.
    /// - Returns: the result, byte for byte unless the serializer changes it.
    /// - Throws: `MessagingError`, or what the serializer throws.
    public func call(
        _ method: String,
        _ arguments: JSONText = .emptyObject,
        context: RequestContext = RequestContext()
    ) async throws -> JSONText {
        let request = try makeRequest(method, arguments, context, isCall: true)
        let reply = try await withCheckedContinuation { continuation in
            driver.call(request) { continuation.resume(returning: $0) }
        }.get()
        return try serializer.deserialize(reply.result, context: context)
    }

    /// Sends a message that nobody answers and returns once the broker has it in a queue.
    ///
    /// - Throws: `MessagingError`, or what the serializer throws.
    public func cast(
        _ method: String,
        _ arguments: JSONText = .emptyObject,
        context: RequestContext = RequestContext()
    ) async throws {
        let request = try makeRequest(method, arguments, context, isCall: false)
        _ = try await withCheckedContinuation { continuation in
            driver.cast(request) { continuation.resume(returning: $0) }
        }.get()
    }

    /// Calls every server of the topic and collects their replies until the timeout, or until `minimum` are there.
    ///
    /// Any oslo.messaging server answers. Nobody knows beforehand how many there are, so without a minimum the call
    /// takes the whole timeout.
    ///
    /// - Throws: `MessagingError` when the request could not be sent or the driver cannot gather, or what the serializer
    ///   throws.
    public func gather(
        _ method: String,
        _ arguments: JSONText = .emptyObject,
        minimum: Int? = nil,
        context: RequestContext = RequestContext()
    ) async throws -> [Result<JSONText, RemoteError>] {
        guard let driver = driver as? any GatheringDriver else {
            throw MessagingError(.invalidRequest, "transport: this driver cannot gather")
        }
        var fanout = self
        fanout.target.isFanout = true
        let request = try fanout.makeRequest(method, arguments, context, isCall: false)
        let gathered = try await withCheckedContinuation { continuation in
            driver.gather(request, minimum: minimum) { continuation.resume(returning: $0) }
        }.get()
        return try gathered.replies.map { reply in
            switch reply {
            case .success(let result): .success(try serializer.deserialize(result, context: context))
            case .failure(let error): .failure(error)
            }
        }
    }

    private func makeRequest(
        _ method: String,
        _ arguments: JSONText,
        _ context: RequestContext,
        isCall: Bool
    ) throws -> RPCRequest {
        try target.validateForSending(isCall: isCall)
        try VersionCap.check(target.version, cap: configuration.versionCap)
        guard configuration.timeout > .zero else {
            throw MessagingError(.invalidRequest, "timeout: it has to be positive")
        }
        if let monitor = configuration.callMonitorTimeout, monitor < RPCClientConfiguration.minimumCallMonitorTimeout {
            let message = "callMonitorTimeout: at least 2 seconds; servers cannot send heartbeats more often"
            throw MessagingError(.invalidRequest, message)
        }
        return RPCRequest(
            target: target,
            method: method,
            arguments: try serialize(arguments, context),
            context: try serializer.serialize(context),
            timeout: configuration.timeout,
            callMonitorTimeout: configuration.callMonitorTimeout,
            retry: configuration.retry
        )
    }

    /// Serializes each argument by itself, as oslo.messaging does; without a serializer the bytes stay as they are.
    private func serialize(_ arguments: JSONText, _ context: RequestContext) throws -> JSONText {
        guard let members = arguments.writtenMembers else {
            throw MessagingError(.invalidRequest, "arguments: a JSON object is expected")
        }
        if Coding.self == NoOpSerializer.self { return arguments }
        var text: [UInt8] = [0x7b]
        for (index, member) in members.enumerated() {
            if index > 0 { text.append(ascii: ", ") }
            text.append(contentsOf: member.key.bytes)
            text.append(ascii: ": ")
            text.append(contentsOf: try serializer.serialize(member.value, context: context).bytes)
        }
        text.append(0x7d)
        return try JSONText(text)
    }
}

extension RPCClient where Coding == NoOpSerializer {
    /// Makes a client that sends JSON texts as they are.
    public init(
        driver: any Driver,
        target: Target,
        configuration: RPCClientConfiguration = RPCClientConfiguration()
    ) {
        self.init(driver: driver, target: target, configuration: configuration, serializer: NoOpSerializer())
    }
}

extension RPCClient where Coding == JSONSerializer {
    /// Calls a method with typed arguments and a typed result.
    ///
    /// - Throws: `MessagingError`, `EncodingError` or `DecodingError`.
    public func call<Result: Decodable>(
        _ method: String,
        _ arguments: some Encodable,
        returning type: Result.Type = Result.self,
        context: RequestContext = RequestContext()
    ) async throws -> Result {
        let result = try await call(method, serializer.encode(arguments), context: context)
        return try serializer.decode(type, from: result)
    }

    /// Casts a method with typed arguments.
    ///
    /// - Throws: `MessagingError` or `EncodingError`.
    public func cast(
        _ method: String,
        _ arguments: some Encodable,
        context: RequestContext = RequestContext()
    ) async throws {
        try await cast(method, serializer.encode(arguments), context: context)
    }
}
