// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Turns arguments, results and contexts into their wire form and back (`oslo_messaging.Serializer`).
///
/// Called once for each argument and once for the result, on the task of the caller.
public protocol Serializer: Sendable {
    /// Makes the wire form of one argument, or of a server's result.
    func serialize(_ argument: JSONText, context: RequestContext) throws -> JSONText

    /// Makes the caller's form of a result, or the server's form of an argument.
    func deserialize(_ result: JSONText, context: RequestContext) throws -> JSONText

    /// Makes the wire form of a context.
    func serialize(_ context: RequestContext) throws -> RequestContext

    /// Makes the server's form of a context.
    func deserialize(_ context: RequestContext) throws -> RequestContext
}

extension Serializer {
    /// Returns the context.
    public func deserialize(_ context: RequestContext) throws -> RequestContext { context }
}

/// Leaves everything as it is (`oslo_messaging.NoOpSerializer`).
public struct NoOpSerializer: Serializer {
    /// Makes the serializer.
    public init() {}

    /// Returns the argument.
    public func serialize(_ argument: JSONText, context: RequestContext) -> JSONText { argument }

    /// Returns the result.
    public func deserialize(_ result: JSONText, context: RequestContext) -> JSONText { result }

    /// Returns the context.
    public func serialize(_ context: RequestContext) -> RequestContext { context }
}

/// Carries `Codable` values as JSON (`oslo_messaging.JsonPayloadSerializer`); the typed calls of a client use it.
///
/// Dates travel as oslo.serialization writes them, `yyyy-MM-ddTHH:mm:ss.ffffff` in UTC without a zone. Foundation's
/// decoder rounds numbers beyond a double; where digits matter, take the result as `JSONText`.
public struct JSONSerializer: Serializer {
    /// Makes the serializer.
    public init() {}

    /// Returns the argument: a JSON text is its own wire form.
    public func serialize(_ argument: JSONText, context: RequestContext) -> JSONText { argument }

    /// Returns the result: a JSON text is its own wire form.
    public func deserialize(_ result: JSONText, context: RequestContext) -> JSONText { result }

    /// Returns the context.
    public func serialize(_ context: RequestContext) -> RequestContext { context }

    /// The JSON text of a value.
    ///
    /// - Throws: `EncodingError` for what JSON cannot hold, such as NaN.
    public func encode(_ value: some Encodable) throws -> JSONText {
        let encoder = JSONEncoder()
        // Sorted, so that the same value gives the same bytes each time.
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(Self.dateFormat))
        }
        return try JSONText(Array(encoder.encode(value)))
    }

    /// The value of a JSON text.
    ///
    /// - Throws: `DecodingError` when the text does not fit the type.
    public func decode<Value: Decodable>(_ type: Value.Type, from text: JSONText) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            try Date(decoder.singleValueContainer().decode(String.self), strategy: Self.dateFormat)
        }
        return try decoder.decode(type, from: Data(text.bytes))
    }

    private static var dateFormat: Date.ISO8601FormatStyle {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            .year().month().day().dateSeparator(.dash).dateTimeSeparator(.standard)
            .time(includingFractionalSeconds: true).timeSeparator(.colon)
    }
}
