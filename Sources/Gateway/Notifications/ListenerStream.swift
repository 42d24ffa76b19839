// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

/// One listener's end of a subscription.
final class ListenerStream: Sendable {
    let id: Int
    let filter: StreamFilter
    private let identity: RequestIdentity
    private let stream: ResponseStream
    private let metrics: GatewayMetrics
    /// What has to hold for it to stay open; nil for nothing.
    private let standing: Standing?

    init(
        id: Int,
        filter: StreamFilter,
        identity: RequestIdentity,
        stream: ResponseStream,
        metrics: GatewayMetrics,
        standing: Standing? = nil
    ) {
        self.id = id
        self.filter = filter
        self.identity = identity
        self.stream = stream
        self.metrics = metrics
        self.standing = standing
    }

    var isOpen: Bool { stream.isOpen }

    /// Hands an event over; false when the stream has ended, or ends now because the listener is too slow for it.
    func send(_ event: NotificationEvent) -> Bool {
        if stream.write(event.bytes) { return true }
        // A stream that is just ending takes no last words, so only a slow one gets them.
        if stream.isOpen {
            metrics.refused(.slowListener)
            end(.slowListener(bufferedBytes: stream.bufferedBytes))
        }
        return false
    }

    /// Sends what is no notification, if there is room.
    func tell(_ bytes: [UInt8]) { _ = stream.write(bytes) }

    /// Ends the stream if its listener may not hear it any more; true then.
    func endIfForbidden() -> Bool {
        guard let problem = standing?.reasonToEnd() else { return false }
        metrics.refused(problem.code)
        end(problem)
        return true
    }

    /// Ends the stream with an event that says why.
    func end(_ problem: Problem) {
        let document = ProblemDocument(problem: problem, request: identity).response.body
        stream.finish(ServerSentEvent.bytes(event: "error", data: document)[...])
    }
}

extension Problem {
    /// A listener does not read as fast as notifications come.
    static func slowListener(bufferedBytes: Int) -> Problem {
        Problem(
            .slowListener,
            "The listener reads too slowly: \(bufferedBytes) bytes wait for it (notifications.bufferBytes)"
        )
    }
}
