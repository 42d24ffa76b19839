//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Tells a caller with a call monitor that its method still runs (`oslo_messaging.rpc.dispatcher._watchdog`).
final class CallHeartbeats: Sendable {
    private let beating: Task<Void, Never>

    /// Begins to beat; nil for a message whose caller asks for no heartbeats, or for more than a server can give.
    init?(
        _ message: any IncomingMessage,
        sleep: @escaping @Sendable (Duration) async throws -> Void = CallHeartbeats.sleep
    ) {
        guard message.request.isCall, let interval = Self.interval(message.request.callMonitorTimeout) else {
            return nil
        }
        beating = Task {
            while !Task.isCancelled {
                do { try await sleep(interval) } catch { return }
                if !Task.isCancelled { message.reply(.heartbeat) { _ in } }
            }
        }
    }

    /// Ends it; no heartbeat begins afterwards.
    func stop() { beating.cancel() }

    /// Half the caller's interval, cut to whole seconds first; nil below a second, where Python's servers do not beat
    /// either.
    static func interval(_ timeout: JSONText?) -> Duration? {
        guard let seconds = timeout.flatMap(wholeSeconds), seconds >= 2, seconds < 1_000_000_000 else { return nil }
        return .milliseconds(seconds * 500)
    }

    /// What Python's `int()` makes of the value.
    private static func wholeSeconds(_ value: JSONText) -> Int? {
        let text = value.stringValue.map { $0.trimmingSpaces } ?? value.string
        if let integer = Int(text) { return integer }
        guard value.stringValue == nil, let number = Double(text), number.isFinite else { return nil }
        return Int(exactly: number.rounded(.towardZero))
    }

    private static func sleep(_ duration: Duration) async throws { try await Task.sleep(for: duration) }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
