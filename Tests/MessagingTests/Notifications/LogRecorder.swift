// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Logging
import Threads

/// A logger that keeps what is logged, one line for each message: `level: message key=value`.
final class LogRecorder: Sendable {
    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
            let suffix = fields.map { " \($0.key)=\($0.value)" }.joined()
            recorder.written.withLock { $0.append("\(event.level): \(event.message)\(suffix)") }
        }
    }

    private let written = Guarded<[String]>([])
    private let level: Logger.Level

    init(level: Logger.Level = .trace) { self.level = level }

    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self, logLevel: self.level) } }
    var lines: [String] { written.withLock { $0 } }
}
