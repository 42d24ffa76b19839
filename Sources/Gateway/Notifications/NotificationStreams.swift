// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Logging
internal import Messaging
internal import Threads

/// Streams of notifications to clients.
struct NotificationStreams: Sendable {
    private let core: GatewayCore
    private let hub: NotificationHub

    init(_ core: GatewayCore, _ environment: HTTPGateway.Environment) {
        self.core = core
        hub = NotificationHub(
            loop: environment.loop,
            maximumListeners: environment.maximumListeners,
            maximumSubscriptions: environment.maximumSubscriptions
        )
    }

    /// How many clients listen.
    var listenerCount: Int { hub.listenerCount }

    /// Ends all streams and takes no more of them.
    func beginDraining() { hub.beginDraining() }

    /// Ends what is left at the broker, by the deadline at the latest.
    func close(deadline: Moment) async { await hub.close(deadline: deadline) }

    /// Streams the notifications of a topic to a client, beginning with the head of the answer.
    func listen(_ topic: String, _ exchange: Exchange) throws(Problem) {
        let configuration = core.configuration
        let (identity, sink) = (exchange.identity, exchange.sink)
        let asked = try StreamRequest(topic: topic, exchange.request.head, configuration.notifications)
        let caller = exchange.caller ?? .unasked(exchange.request.head)
        let standing = Standing(caller, try caller.permit(asked, core, identity), core, identity)
        let driver = try core.notificationDriver
        let (subscription, listener) = try hub.join(
            asked.source,
            configuration.notifications,
            of: Holder(exchange),
            most: configuration.limits.with(caller.principal.limits).streams
        ) { () throws(Problem) in
            try Self.subscribe(asked, driver, configuration)
        }
        if subscription.isConsuming {
            return begin(asked, standing, subscription, listener, identity, sink)
        }
        Task {
            do throws(MessagingError) {
                let timeout = configuration.notifications.subscribeTimeout
                try await subscription.waitUntilConsuming(deadline: .now.advanced(by: timeout))
                begin(asked, standing, subscription, listener, identity, sink)
            } catch {
                hub.leave(subscription, listener: listener)
                let problem = Problem(error, method: "", configuration: configuration)
                core.metrics.refused(problem.code)
                sink.respond(problem.response(identity))
            }
        }
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
        _ standing: Standing,
        _ subscription: SharedSubscription,
        _ listener: HubState.Listener,
        _ identity: RequestIdentity,
        _ sink: ResponseSink
    ) {
        // Subscribing takes a while, in which rights may be taken back.
        if let problem = standing.reasonToEnd() {
            hub.leave(subscription, listener: listener)
            core.metrics.refused(problem.code)
            return sink.respond(problem.response(identity))
        }
        let head = HTTPResponse(
            status: 200,
            // Proxies are told not to collect the events: nginx by the last field.
            fields: [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")]
                + identity.fields,
            body: StreamNotice.beginning[...]
        )
        let stream = sink.respond(
            streaming: head,
            bufferLimit: core.configuration.notifications.bufferBytes
        ) { end in
            hub.leave(subscription, listener: listener)
            logEnd(end, asked, identity)
        }
        guard let stream else { return hub.leave(subscription, listener: listener) }
        let listening = ListenerStream(
            id: listener.number,
            filter: asked.filter,
            identity: identity,
            stream: stream,
            metrics: core.metrics,
            standing: standing
        )
        subscription.add(listening, after: asked.lastEventID)
        // The drain may have passed over a listener that was not added yet.
        if hub.isDraining { listening.end(.draining) }
    }

    private func logEnd(_ end: ResponseStream.End, _ asked: StreamRequest, _ identity: RequestIdentity) {
        guard core.logger.logLevel <= .info else { return }
        core.logger.info(
            "stream of notifications ended",
            metadata: [
                "request.id": "\(identity.id)", "notification.topic": "\(asked.source.topic)", "end": "\(end)",
                "elapsed": "\(identity.elapsedSeconds)",
            ]
        )
    }
}

extension Caller {
    /// Who listens where nobody is asked: somebody without a credential, once a reload has it asked.
    fileprivate static func unasked(_ head: RequestHead) -> Caller {
        Caller(.anonymous, .open, address: head.remoteAddress)
    }
}
