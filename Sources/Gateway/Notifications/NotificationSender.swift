// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Logging
internal import Messaging
internal import Names
internal import Threads

/// Notifications that clients send.
struct NotificationSender: Sendable {
    private static let template = Route.notify(topic: "", eventType: "").template

    private let core: GatewayCore
    private let queues = Guarded(NotificationQueues())

    init(_ core: GatewayCore) { self.core = core }

    /// Sends a notification; answered 202 once the broker has confirmed it.
    func send(_ topic: String, _ eventType: String, _ exchange: Exchange) throws(Problem) {
        let configuration = core.configuration
        let (identity, sink) = (exchange.identity, exchange.sink)
        var asked = try NotificationRequest(
            topic: topic,
            eventType: eventType,
            exchange.request,
            identity,
            configuration
        )
        try exchange.caller?.permit(&asked, bodyBytes: exchange.request.body.count, core, identity)
        let driver = try core.notificationDriver
        try core.enter(limit: configuration.maximumInFlight)
        let caller = exchange.caller
        let shown = ShownRequest(exchange.terms(timeout: asked.timeout)) { [asked] in asked.account }
        core.detached.insert(shown, keptBy: sink)
        defer { sink.attach(shown, cancelledBy: nil) }
        let end: @Sendable (Result<Void, Problem>) -> Void = { [asked] result in
            caller?.end()
            core.detached.remove(shown, keptBy: sink)
            core.leave()
            answer(asked, result, identity, configuration, sink)
        }
        let publication = Publication(asked.notification, driver, configuration, end)
        let maximum = configuration.notifications.maximumQueues
        switch queues.withLock({ $0.admit(publication.key, maximum: maximum, now: .now) }) {
        case .known: publish(publication)
        case .new: publish(publication, isNew: true)
        case .refused(let limit, let isNews): publishIfThere(publication, .overloaded(limit), isNews: isNews)
        }
    }

    /// A notification, where it goes, and who is told how that ended.
    private struct Publication: Sendable {
        let notification: OutgoingNotification
        let key: NotificationQueues.Key
        let driver: any NotificationDriver
        let configuration: GatewayConfiguration
        let end: @Sendable (Result<Void, Problem>) -> Void

        init(
            _ notification: OutgoingNotification,
            _ driver: any NotificationDriver,
            _ configuration: GatewayConfiguration,
            _ end: @escaping @Sendable (Result<Void, Problem>) -> Void
        ) {
            self.notification = notification
            key = NotificationQueues.Key(notification, configuration)
            self.driver = driver
            self.configuration = configuration
            self.end = end
        }
    }

    /// - Parameter isNew: whether its queue counts because of this notification.
    private func publish(_ publication: Publication, isNew: Bool = false) {
        publication.driver.notify(publication.notification) { result in
            if isNew, case .failure(let error) = result, error.execution == .no {
                queues.withLock { $0.forget(publication.key) }
            }
            let method = publication.notification.eventType
            publication.end(
                result.mapError { Problem($0, method: method, configuration: publication.configuration) }
            )
        }
    }

    /// Publishes a notification whose queue may not be made, if the queue exists and so costs nothing.
    private func publishIfThere(_ publication: Publication, _ problem: Problem, isNews: Bool) {
        let (key, notification) = (publication.key, publication.notification)
        if isNews {
            core.logger.warning(
                "notifications to new topics are refused",
                metadata: ["limit": "\(problem.detail)", "notification.queue": "\(key.queue)"]
            )
        }
        let refuse: @Sendable () -> Void = {
            core.metrics.refused(problem.code)
            publication.end(.failure(problem))
        }
        // Only for the usual exchange is it known which queues are bound to it.
        guard key.exchange == Name(publication.configuration.controlExchange) else { return refuse() }
        let target = Target(topic: notification.queueName)
        publication.driver.inspect(target, deadline: notification.deadline) { result in
            guard case .success(_?) = result else { return refuse() }
            publish(publication)
        }
    }

    private func answer(
        _ asked: NotificationRequest,
        _ result: Result<Void, Problem>,
        _ identity: RequestIdentity,
        _ configuration: GatewayConfiguration,
        _ sink: ResponseSink
    ) {
        var (response, executed) = (accepted(identity), MessagingError.Execution.yes)
        if case .failure(let problem) = result {
            response = document(problem, asked.notification, identity, configuration).response
            executed = problem.execution
        }
        // Replaced by the identifier that listeners see, in their form; an error may bring that of the message around
        // it.
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

extension NotificationRequest {
    /// What is shown of it while it is under way.
    fileprivate var account: [(name: String, value: String)] {
        let members = [
            ("mode", "\"\(AccessMode.notify.rawValue)\""), ("topic", JSONText(string: notification.queueName).string),
            ("event_type", JSONText(string: notification.eventType).string),
        ]
        return members + (notification.exchange.map { [("exchange", JSONText(string: $0).string)] } ?? [])
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
