// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Logging
internal import Messaging
public import Threads

extension HTTPGateway {
    /// Streams the notifications of a topic to a client, from the moment of the answer's head on.
    func listen(
        _ topic: String,
        _ request: HTTPRequest,
        _ identity: RequestIdentity,
        _ responder: Responder
    ) throws(Problem) {
        let configuration = configuration
        let asked = try StreamRequest(topic: topic, request.head, configuration.notifications)
        let driver = try notificationDriver
        let (subscription, listener) = try notifications.join(asked.source, configuration.notifications) {
            () throws(Problem) in
            try Self.subscribe(asked, driver, configuration)
        }
        if subscription.isConsuming {
            return begin(asked, subscription, listener, identity, responder)
        }
        Task { [self] in
            do throws(MessagingError) {
                let timeout = configuration.notifications.subscribeTimeout
                try await subscription.waitUntilConsuming(deadline: .now.advanced(by: timeout))
                begin(asked, subscription, listener, identity, responder)
            } catch {
                notifications.leave(subscription, listener: listener)
                refuse(Problem(error, method: "", configuration: configuration), identity, responder)
            }
        }
    }

    /// How many clients listen for notifications.
    public var notificationListeners: Int { notifications.listenerCount }

    /// Ends what listening for notifications has left at the broker, in at most that time.
    public func closeNotifications(deadline: Moment) async {
        await notifications.close(deadline: deadline)
    }

    private static func subscribe(
        _ asked: StreamRequest,
        _ driver: any NotificationDriver,
        _ configuration: GatewayConfiguration
    ) throws(Problem) -> SharedSubscription {
        do {
            let replayed = configuration.notifications.replayedEvents
            return try SharedSubscription(asked.source, on: driver, replayedEvents: replayed)
        } catch {
            throw Problem(error, method: "", configuration: configuration)
        }
    }

    private func begin(
        _ asked: StreamRequest,
        _ subscription: SharedSubscription,
        _ listener: Int,
        _ identity: RequestIdentity,
        _ responder: Responder
    ) {
        let head = HTTPResponse(
            status: 200,
            // Proxies are told not to collect the events: nginx by the last field.
            fields: [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")]
                + identity.fields,
            body: StreamNotice.beginning[...]
        )
        let stream = responder.respond(
            streaming: head,
            bufferLimit: configuration.notifications.bufferBytes
        ) { [self] end in
            notifications.leave(subscription, listener: listener)
            logEnd(end, asked, identity)
        }
        let listening = ListenerStream(
            id: listener,
            filter: asked.filter,
            identity: identity,
            stream: stream,
            metrics: metrics
        )
        subscription.add(listening, after: asked.lastEventID)
        // The drain may have passed over a listener that was not added yet.
        if notifications.isDraining { listening.end(.draining) }
    }

    private func refuse(_ problem: Problem, _ identity: RequestIdentity, _ responder: Responder) {
        metrics.refused(problem.code)
        responder.respond(respond(problem, identity))
    }

    private func logEnd(_ end: ResponseStream.End, _ asked: StreamRequest, _ identity: RequestIdentity) {
        guard logger.logLevel <= .info else { return }
        logger.info(
            "stream of notifications ended",
            metadata: [
                "request.id": "\(identity.id)", "notification.topic": "\(asked.source.topic)", "end": "\(end)",
                "elapsed": "\(identity.elapsedSeconds)",
            ]
        )
    }
}
