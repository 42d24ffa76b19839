// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging

/// What a line of the log is made of, the same for every format.
struct LogRecord {
    let time: LogTime
    let level: Logger.Level
    let logger: String
    let message: String
    let error: (text: String, type: String)?
    /// Sorted by key; nested dictionaries are flattened with dots.
    let fields: [(key: String, value: Value)]

    enum Value {
        case text(String)
        case list([Value])
    }

    /// Where keys collide the event's own metadata wins, then the provider's, then the logger's.
    init(_ event: LogEvent, time: LogTime, logger: String, metadata: Logger.Metadata, provided: Logger.Metadata?) {
        self.time = time
        self.level = event.level
        self.logger = logger
        message = event.message.description
        error = event.error.map { (String(describing: $0), String(describing: type(of: $0))) }
        var all = metadata
        if let provided { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        var flat: [String: Value] = [:]
        Self.flatten(all, prefix: "", depth: 0, into: &flat)
        fields = flat.map { ($0.key, $0.value) }.sorted { $0.key < $1.key }
    }

    private static let maximumDepth = 8

    private static func flatten(
        _ metadata: Logger.Metadata,
        prefix: String,
        depth: Int,
        into flat: inout [String: Value]
    ) {
        for (key, value) in metadata {
            if case .dictionary(let inner) = value, depth < maximumDepth {
                flatten(inner, prefix: prefix + key + ".", depth: depth + 1, into: &flat)
            } else {
                flat[prefix + key] = Self.value(value, depth: depth)
            }
        }
    }

    private static func value(_ value: Logger.MetadataValue, depth: Int) -> Value {
        guard case .array(let items) = value, depth < maximumDepth else { return .text(value.description) }
        return .list(items.map { Self.value($0, depth: depth + 1) })
    }
}
