// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging

/// One compact line, for people.
enum TextLogFormat {
    static func line(_ record: LogRecord) -> [UInt8] {
        let level = record.level.rawValue
        let gap = String(repeating: " ", count: max(1, 9 - level.utf8.count))
        var line = "\(record.time.text) \(level)\(gap)\(LogText.readable(record.logger)): "
        line += LogText.readable(record.message)
        if let error = record.error { line += " error=" + quoted(error.text) }
        for (key, value) in record.fields { line += " \(LogText.readable(key))=\(text(of: value))" }
        return Array((line + "\n").utf8)
    }

    private static func text(of value: LogRecord.Value) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .list(let items): "[" + items.map(text).joined(separator: ",") + "]"
        }
    }

    /// Quoted only where a space, a quote or nothing at all would make the end of the value unclear.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x3D && $0 != 0x7F }
        return isPlain && !text.isEmpty ? LogText.readable(text) : "\"\(LogText.escaped(text))\""
    }
}
