// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Names

/// The settings of a gateway that can be changed without a restart.
public struct GatewayConfiguration: Sendable, Equatable {
    /// The time a call has when its request names none (`rpc_response_timeout`).
    public var responseTimeout: Duration = .seconds(60)
    /// No request may take longer; a longer time is lowered to this.
    public var maximumTimeout: Duration = .seconds(600)
    /// The highest version that may be sent; nil allows all.
    public var versionCap: String?
    /// How many failed attempts to reach a broker a request tolerates: nil for any number (until its deadline), 0 for
    /// none.
    public var retry: Int? = 0
    /// The most requests under way at a time; the next one is answered 503 `overloaded`.
    public var maximumInFlight = 10_000
    /// The most of them to one target; 0 for a quarter of all.
    public var maximumInFlightPerTarget = 0
    /// Whether a call to a queue without consumers fails at once.
    public var checksConsumers = true
    /// The exchange of targets that name none, as problem documents show it.
    public var controlExchange = "openstack"
    /// Whether `traceparent` and `tracestate` go into the request context.
    public var propagatesTraceContext = true
    /// Whether requests may set the request context with `Rpc-Context`.
    public var acceptsContext = true
    /// How much of remote errors is shown.
    public var exposure = ErrorExposure.full
    /// Whether tracebacks of servers are shown. They show the servers' code.
    public var exposesTraceback = false
    /// The operator's statuses for remote exceptions; the first match counts.
    public var errorRules: [ErrorRule] = []
    /// How long a probe of a server's health may take.
    public var probeTimeout: Duration = .seconds(1)
    /// How recently a message of our own has to have come back for the gateway to be ready.
    public var readyWithin: Duration = .seconds(10)

    /// The most bytes of a body once its coding is taken off; as much as the HTTP server's `maximumBodyBytes`.
    public var maximumBodyBytes = (16 << 20) - (64 << 10)

    /// Which pages of other origins may use the gateway.
    public var crossOrigin = CrossOriginConfiguration()

    /// How much each client may ask for.
    public var limits = ClientLimitConfiguration()

    /// Whether messages of plain AMQP may be sent, to any exchange that the broker lets the gateway use.
    public var acceptsPlainAMQP = true
    /// The most bytes of header fields that a reply of plain AMQP may add to an answer, whatever the request; at least
    /// 1 KB less than the HTTP server's `maximumResponseHeadBytes`, for the fields of every answer.
    public var maximumResponseFieldBytes = 4_096

    /// How long the answer of an operation is kept once it is there (`Prefer: respond-async`).
    public var operationTimeToLive: Duration = .seconds(300)
    /// The most operations at a time, running or kept; one holder alone has at most half of them, and further ones are
    /// refused.
    public var maximumOperations = 100_000
    /// The most bytes of all answers of operations; a holder that has more than its share loses its own oldest ones.
    public var maximumOperationBytes = 64 << 20
    /// The longest that a client may wait for the end of an operation in one request.
    public var maximumOperationWait: Duration = .seconds(60)
    /// How long an `Idempotency-Key` is remembered once its request has been answered.
    public var idempotencyTimeToLive: Duration = .seconds(86_400)
    /// The most keys at a time; one holder alone has at most half of them, and further ones are refused.
    public var maximumIdempotencyKeys = 100_000
    /// The most bytes of all answers that are kept under keys; a holder that has more than its share loses its own
    /// oldest ones, and the keys stay.
    public var maximumIdempotencyBytes = 64 << 20
    /// The most entries of a JSON-RPC batch.
    public var maximumBatch = 1_000
    /// The most entries of one batch that run at a time.
    public var batchParallelism = 16
    /// The most bytes of all answers of one batch.
    public var maximumBatchResponseBytes = 64 << 20

    /// The settings for notifications.
    public var notifications = NotificationConfiguration()

    /// Makes a configuration with the documented defaults.
    public init() {}
}

/// The configuration that a request began with: one reference, however far the request carries it.
final class ConfigurationSnapshot: Sendable {
    let configuration: GatewayConfiguration
    /// The places of the targets, which stay when the configuration changes.
    let targets: TargetLimits
    /// Who may come in; nil where it does not matter who asks.
    let access: AccessControl?

    init(
        _ configuration: GatewayConfiguration,
        targets: TargetLimits = TargetLimits(),
        access: AccessControl? = nil
    ) {
        self.configuration = configuration
        self.targets = targets
        // Where requests are limited it matters from where they come.
        self.access = access ?? (configuration.limits.isOn ? .open : nil)
    }
}

/// How much of a remote exception's text leaves the gateway.
public enum ErrorExposure: String, Sendable, CaseIterable {
    /// Message and arguments are always shown.
    case full
    /// Message and arguments are shown for statuses below 500 only.
    case safe
}

/// An operator's status for remote exceptions whose `module.Class` matches a pattern.
public struct ErrorRule: Sendable, Equatable {
    /// The pattern: `*` stands for any characters, `?` for one.
    public var pattern: String
    /// The status, 400 to 599.
    public var status: Int

    /// Makes a rule.
    public init(pattern: String, status: Int) {
        self.pattern = pattern
        self.status = status
    }

    /// Whether the whole name matches the pattern.
    public func matches(_ name: String) -> Bool { ShellPattern(pattern, takesSets: false).matches(name) }
}

/// The settings of a gateway for notifications.
public struct NotificationConfiguration: Sendable, Equatable {
    /// Who notifies when a request names nobody; nil is `rpc-gateway.` and the name of this machine.
    public var publisherID: String?
    /// The most streams of notifications at a time; the next one is answered 503 `overloaded`.
    public var maximumListeners = 1_000
    /// How many bytes may wait for a listener that reads slowly before its stream is ended; one event always may.
    /// Events are shared by the listeners that wait for them.
    public var bufferBytes = 1 << 20
    /// How many queues the notifications of clients may make at the broker, where they stay; a notification that needs
    /// one more is answered 503 `overloaded`, unless the queue exists.
    public var maximumQueues = 1_000
    /// The time between the comments that keep a stream alive, and the time after which a vanished listener is noticed.
    public var heartbeat: Duration = .seconds(15)
    /// How long a subscription at the broker outlives its last listener, so that one that comes back misses nothing.
    public var linger: Duration = .seconds(10)
    /// How many events are kept, for each subscription, for listeners that come back with `Last-Event-ID`; 0 keeps
    /// none.
    public var replayedEvents = 256
    /// How long a new listener waits for the broker before it is refused.
    public var subscribeTimeout: Duration = .seconds(10)
    /// Whether listeners may name the pool. That is the name of a queue at the broker, and can be that of any queue,
    /// even a server's.
    public var acceptsPools = false

    /// Makes a configuration with the documented defaults.
    public init() {}
}

extension GatewayConfiguration {
    /// The most calls to one target. A quarter is what a hanging target can take from all others; if there are few
    /// places a target may have all of them, as a quarter would be too few for any.
    var maximumOfTarget: Int {
        let own = maximumInFlightPerTarget > 0 ? maximumInFlightPerTarget : max(maximumInFlight / 4, 64)
        return min(own, maximumInFlight)
    }
}
