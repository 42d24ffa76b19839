// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Logging
internal import Messaging

extension HTTPGateway {
    /// Sends a notification; answered 202 once the broker has confirmed it.
    func notify(
        _ topic: String,
        _ eventType: String,
        _ request: HTTPRequest,
        _ identity: RequestIdentity,
        _ sink: ResponseSink
    ) throws(Problem) {
        let configuration = configuration
        let asked = try NotificationRequest(
            topic: topic,
            eventType: eventType,
            request,
            identity,
            configuration
        )
        let driver = try notificationDriver
        try enter(limit: configuration.maximumInFlight)
        driver.notify(asked.notification) { [self] result in
            leave()
            answer(asked, result, identity, configuration, sink)
        }
    }

    /// The driver, which has to carry notifications.
    var notificationDriver: any NotificationDriver {
        get throws(Problem) {
            guard let able = driver as? any NotificationDriver else {
                throw .unsupported("does not carry notifications")
            }
            return able
        }
    }

    private func answer(
        _ asked: NotificationRequest,
        _ result: Result<Void, MessagingError>,
        _ identity: RequestIdentity,
        _ configuration: GatewayConfiguration,
        _ sink: ResponseSink
    ) {
        var (response, mayRepeat) = (accepted(identity), false)
        if case .failure(let error) = result {
            let problem = Problem(error, method: asked.notification.eventType, configuration: configuration)
            response = document(problem, asked.notification, identity, configuration).response
            mayRepeat = problem.execution == .no
        }
        // The identifier that listeners see, in their form; an error may bring one of the message around it.
        response.fields.removeAll { $0.name == "Rpc-Message-Id" }
        response.fields += [
            ("Rpc-Message-Id", asked.notification.messageID),
            ("Rpc-Timeout", DecimalText.shortSeconds(asked.timeout)),
        ]
        sink.respond(response, mayRepeat: mayRepeat)
        metrics.answered(Self.notifyTemplate, identity, status: response.status)
        log(asked.notification, identity, status: response.status)
    }

    private static let notifyTemplate = SendingRoute.notify(topic: "", eventType: "").template

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
        guard logger.logLevel <= .info else { return }
        logger.info(
            "notification answered",
            metadata: [
                "request.id": "\(identity.id)", "notification.queue": "\(notification.queueName)",
                "notification.event_type": "\(notification.eventType)", "http.status": "\(status)",
                "elapsed": "\(identity.elapsedSeconds)",
            ]
        )
    }
}
