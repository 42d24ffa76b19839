// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Logging
internal import Threads

/// Sends notifications (`oslo_messaging.Notifier`).
///
///     let notifier = Notifier(driver: driver, publisherID: "compute.host1")
///     await notifier.info("compute.instance.create.end", ["instance_id": 12], context: context)
///
/// A value that may be copied and used from any task. As in oslo.messaging the functions named after a priority log what
/// goes wrong and go on; `notify` throws it.
public struct Notifier: Sendable {
    /// Who notifies.
    public private(set) var publisherID: String
    /// How it sends.
    public private(set) var configuration: NotifierConfiguration
    /// Where notifications go: each one goes to all of these.
    public let drivers: [any NotifierDriver]
    private let serializer: any Serializer
    private let logger: Logger
    private let now: @Sendable () -> Duration

    /// Makes a notifier.
    ///
    /// - Parameters:
    ///   - serializer: what gives payloads and contexts their wire form.
    ///   - logger: where failures go that nobody else is told of.
    ///   - now: the wall clock, as the time since 1970-01-01 00:00:00 UTC.
    public init(
        drivers: [any NotifierDriver],
        publisherID: String,
        configuration: NotifierConfiguration = NotifierConfiguration(),
        serializer: any Serializer = NoOpSerializer(),
        logger: Logger = Logger(label: "messaging.notifier"),
        now: @escaping @Sendable () -> Duration = NotificationTimestamp.now
    ) {
        self.drivers = drivers
        self.publisherID = publisherID
        self.configuration = configuration
        self.serializer = serializer
        self.logger = logger
        self.now = now
    }

    /// Makes a notifier that publishes to topics of a broker in the envelope 2.0 (`messagingv2`).
    public init(
        driver: any NotificationDriver,
        publisherID: String,
        topics: [String] = ["notifications"],
        configuration: NotifierConfiguration = NotifierConfiguration(),
        serializer: any Serializer = NoOpSerializer(),
        logger: Logger = Logger(label: "messaging.notifier")
    ) {
        self.init(
            drivers: [MessagingNotifierDriver(driver: driver, topics: topics)],
            publisherID: publisherID,
            configuration: configuration,
            serializer: serializer,
            logger: logger
        )
    }

    /// A copy with another publisher or another number of retries: what is left out is inherited.
    public func prepare(publisherID: String? = nil, retry: Override<Int> = .inherited) -> Notifier {
        var copy = self
        copy.publisherID = publisherID ?? self.publisherID
        copy.configuration.retry = retry.resolved(configuration.retry)
        return copy
    }

    /// Whether notifications go anywhere: false without drivers and when they are all `noop`.
    public var isEnabled: Bool { drivers.contains { $0.isEnabled } }

    /// Sends a notification and returns once every driver has it.
    ///
    /// - Throws: `NotifierError` with the drivers and topics that do not have it, or what the serializer throws.
    public func notify(
        _ priority: NotificationPriority,
        _ eventType: String,
        _ payload: JSONText = .emptyObject,
        context: RequestContext = RequestContext()
    ) async throws {
        try await drivers.notify(makeMessage(priority, eventType, payload, context))
    }

    /// Sends a notification with a typed payload; see `notify`.
    ///
    /// - Throws: in addition `EncodingError`, when the payload cannot be JSON.
    public func notify(
        _ priority: NotificationPriority,
        _ eventType: String,
        _ payload: some Encodable,
        context: RequestContext = RequestContext()
    ) async throws {
        try await notify(priority, eventType, JSONSerializer().encode(payload), context: context)
    }

    func logFailure(_ error: any Error, _ priority: NotificationPriority, _ eventType: String) {
        logger.error(
            "a notification could not be sent",
            metadata: ["priority": "\(priority.rawValue)", "event.type": "\(eventType)", "reason": "\(error)"]
        )
    }

    private func makeMessage(
        _ priority: NotificationPriority,
        _ eventType: String,
        _ payload: JSONText,
        _ context: RequestContext
    ) throws -> NotificationMessage {
        NotificationMessage(
            publisherID: publisherID,
            eventType: eventType,
            priority: priority,
            payload: try serializer.serialize(payload, context: context),
            timestamp: NotificationTimestamp.text(now()),
            context: try serializer.serialize(configuration.redacted(context)),
            deadline: .now.advanced(by: configuration.publishTimeout),
            // One meaning of "for ever", so that no driver can take -1 for a number of attempts.
            retry: configuration.retry.flatMap { $0 < 0 ? nil : $0 }
        )
    }
}
