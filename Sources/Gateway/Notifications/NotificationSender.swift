// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Logging
internal import Messaging

/// Notifications that clients send.
struct NotificationSender: Sendable {
    private static let template = Route.notify(topic: "", eventType: "").template

    private let core: GatewayCore

    init(_ core: GatewayCore) { self.core = core }

    /// Sends a notification; answered 202 once the broker has confirmed it.
    func send(_ topic: String, _ eventType: String, _ exchange: Exchange) throws(Problem) {
        let configuration = core.configuration
        let (identity, sink) = (exchange.identity, exchange.sink)
        let asked = try NotificationRequest(
            topic: topic,
            eventType: eventType,
            exchange.request,
            identity,
            configuration
        )
        let driver = try core.notificationDriver
        try core.enter(limit: configuration.maximumInFlight)
        driver.notify(asked.notification) { result in
            core.leave()
            answer(asked, result, identity, configuration, sink)
        }
    }

    private func answer(
        _ asked: NotificationRequest,
        _ result: Result<Void, MessagingError>,
        _ identity: RequestIdentity,
        _ configuration: GatewayConfiguration,
        _ sink: ResponseSink
    ) {
        var (response, executed) = (accepted(identity), MessagingError.Execution.yes)
        if case .failure(let error) = result {
            let problem = Problem(error, method: asked.notification.eventType, configuration: configuration)
            response = document(problem, asked.notification, identity, configuration).response
            executed = problem.execution
        }
        // The identifier that listeners see, in their form; an error may bring one of the message around it.
        response.fields.removeAll { $0.name == "Rpc-Message-Id" }
        response.fields += [
            ("Rpc-Message-Id", asked.notification.messageID),
            ("Rpc-Timeout", DecimalText.shortSeconds(asked.timeout)),
        ]
        sink.respond(response, executed: executed)
        core.metrics.answered(Self.template, identity, status: response.status)
        log(asked.notification, identity, status: response.status)
    }

    private func accepted(_ identity: RequestIdentity) -> HTTPResponse {
        let timing = ("Server-Timing", "publish;dur=\(DecimalText.milliseconds(identity.elapsed))")
        return HTTPResponse(status: 202, fields: [("Cache-Control", "no-store")] + identity.fields + [timing])
    }

    private func document(
        _ problem: Problem,
        _ notification: OutgoingNotification,
        _ identity: RequestIdentity,
        _ configuration: GatewayConfiguration
    ) -> ProblemDocument {
        var document = ProblemDocument(problem: problem, request: identity)
        let exchange = notification.exchange ?? configuration.controlExchange
        document.target = Target(exchange: exchange, topic: notification.queueName)
        return document
    }

    private func log(_ notification: OutgoingNotification, _ identity: RequestIdentity, status: Int) {
        guard core.logger.logLevel <= .info else { return }
        core.logger.info(
            "notification answered",
            metadata: [
                "request.id": "\(identity.id)", "notification.queue": "\(notification.queueName)",
                "notification.event_type": "\(notification.eventType)", "http.status": "\(status)",
                "elapsed": "\(identity.elapsedSeconds)",
            ]
        )
    }
}

extension GatewayCore {
    /// The driver, which has to carry notifications.
    ///
    /// - Throws: 501 where the transport cannot.
    var notificationDriver: any NotificationDriver {
        get throws(Problem) {
            guard let able = driver as? any NotificationDriver else {
                throw .unsupported("does not carry notifications")
            }
            return able
        }
    }
}
