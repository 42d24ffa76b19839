// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import HTTPServer

extension GatewayConfiguration {
    /// What the settings say about calls, errors and health.
    init(_ settings: Settings) {
        self.init()
        responseTimeout = settings.rpc.responseTimeout
        maximumTimeout = settings.rpc.maximumTimeout
        versionCap = settings.rpc.versionCap
        retry = settings.rpc.retry < 0 ? nil : settings.rpc.retry
        maximumInFlight = settings.rpc.maximumInFlight
        checksConsumers = settings.rpc.checksConsumers
        controlExchange = settings.rpc.controlExchange
        propagatesTraceContext = settings.rpc.propagatesTraceContext
        acceptsContext = settings.rpc.acceptsContext
        exposure = settings.exposesRemoteErrors ? .full : .safe
        exposesTraceback = settings.errors.exposesTraceback
        errorRules = settings.errors.rules
        probeTimeout = settings.health.probeTimeout
        readyWithin = settings.health.readyWithin
        take(settings.operations, settings.idempotency)
        maximumBatch = settings.jsonRPC.maximumBatch
        batchParallelism = settings.jsonRPC.parallelism
        acceptsPlainAMQP = settings.acceptsPlainAMQP
        maximumResponseFieldBytes = settings.http.maximumHeadBytes / 2
        notifications = NotificationConfiguration(settings.notifications)
    }
}

extension GatewayConfiguration {
    private mutating func take(_ operations: KeptAnswerSettings, _ idempotency: KeptAnswerSettings) {
        operationTimeToLive = operations.timeToLive
        maximumOperations = operations.maximum
        maximumOperationBytes = operations.maximumBytes
        idempotencyTimeToLive = idempotency.timeToLive
        maximumIdempotencyKeys = idempotency.maximum
        maximumIdempotencyBytes = idempotency.maximumBytes
    }
}

extension NotificationConfiguration {
    /// What the settings say about notifications.
    init(_ settings: NotificationSettings) {
        self.init()
        if settings.publisherID != "auto" { publisherID = settings.publisherID }
        maximumListeners = settings.maximumListeners
        bufferBytes = settings.bufferBytes
        heartbeat = settings.heartbeat
        replayedEvents = settings.replayedEvents
        acceptsPools = settings.acceptsPools
    }
}

extension HTTPServerConfiguration {
    /// What the settings say about the HTTP side.
    init(_ settings: HTTPSettings, reservedDescriptors: Int) {
        self.init(
            host: settings.listen.host,
            port: UInt16(settings.listen.port),
            loopCount: settings.loops,
            maximumConnections: settings.maximumConnections,
            maximumConnectionsPerAddress: settings.maximumConnectionsPerAddress,
            reservedDescriptors: reservedDescriptors,
            maximumHeadBytes: settings.maximumHeadBytes,
            maximumBodyBytes: settings.maximumBodyBytes,
            idleTimeout: settings.idleTimeout,
            readTimeout: settings.readTimeout
        )
    }
}
