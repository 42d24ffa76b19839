// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Logging
internal import Synchronization

/// Writes each event of the log as one line.
public struct LineLogHandler: LogHandler {
    /// How a line looks.
    public enum Format: String, Sendable, CaseIterable {
        /// One compact line for people.
        case text
        /// One JSON object a line: `ts`, `level`, `logger`, `message`, `error`, and the metadata beside them.
        case json
    }

    /// Metadata of every line of this logger.
    public var metadata: Logger.Metadata = [:]
    /// Metadata of the present task.
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: Format
    private let output: any LogOutput
    private let sharedLevel: LogLevelSwitch
    private let now: @Sendable () -> LogTime
    private var ownLevel: Logger.Level?

    /// Makes a handler.
    ///
    /// - Parameters:
    ///   - label: The logger's label, shown in each line.
    ///   - format: How a line looks.
    ///   - level: The level that is shared with other handlers, until this logger is given one of its own.
    ///   - output: Where the lines go, standard error unless told otherwise.
    ///   - metadataProvider: Adds metadata of the present task.
    ///   - now: The clock.
    public init(
        label: String,
        format: Format,
        level: LogLevelSwitch,
        output: any LogOutput = DescriptorLogOutput.standardError,
        metadataProvider: Logger.MetadataProvider? = nil,
        now: @escaping @Sendable () -> LogTime = LogTime.now
    ) {
        self.label = label
        self.format = format
        self.output = output
        self.metadataProvider = metadataProvider
        self.now = now
        sharedLevel = level
    }

    /// The logger's own level, or the shared one.
    public var logLevel: Logger.Level {
        get { ownLevel ?? sharedLevel.level }
        set { ownLevel = newValue }
    }

    /// One item of the logger's metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event.
    public func log(event: LogEvent) {
        let record = LogRecord(
            event,
            time: now(),
            logger: label,
            metadata: metadata,
            provided: metadataProvider?.get()
        )
        switch format {
        case .text: output.write(line: TextLogFormat.line(record))
        case .json: output.write(line: JSONLogFormat.line(record))
        }
    }
}

/// The level of all log handlers that share it, changeable while they are in use.
public final class LogLevelSwitch: Sendable {
    private let index: Atomic<Int>

    /// Starts with a level.
    public init(_ level: Logger.Level) {
        index = Atomic(Self.order.firstIndex(of: level) ?? 0)
    }

    /// The level in force; may be set from any thread.
    public var level: Logger.Level {
        get { Self.order[index.load(ordering: .relaxed)] }
        set { index.store(Self.order.firstIndex(of: newValue) ?? 0, ordering: .relaxed) }
    }

    private static let order = Logger.Level.allCases
}
