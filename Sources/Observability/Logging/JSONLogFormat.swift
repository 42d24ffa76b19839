// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging

/// One JSON object a line, for machines.
enum JSONLogFormat {
    private static let reserved: Set<String> = ["ts", "level", "logger", "message", "error", "error.type"]

    static func line(_ record: LogRecord) -> [UInt8] {
        var line = "{\"ts\":\"\(record.time.text)\",\"level\":\"\(record.level.rawValue)\""
        append("logger", record.logger, to: &line)
        append("message", record.message, to: &line)
        if let error = record.error {
            append("error", error.text, to: &line)
            append("error.type", error.type, to: &line)
        }
        for (key, value) in record.fields {
            // An object must not have a key twice, whatever the caller named its metadata.
            let key = reserved.contains(key) ? "metadata.\(key)" : key
            line += ",\"\(LogText.escaped(key))\":\(text(of: value))"
        }
        return Array((line + "}\n").utf8)
    }

    private static func append(_ key: String, _ value: String, to line: inout String) {
        line += ",\"\(key)\":\"\(LogText.escaped(value))\""
    }

    private static func text(of value: LogRecord.Value) -> String {
        switch value {
        case .text(let text): "\"\(LogText.escaped(text))\""
        case .list(let items): "[" + items.map(text).joined(separator: ",") + "]"
        }
    }
}
