// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import RabbitDriver

extension SettingsTable {
    /// Where the messages go.
    static let transport: [Setting] = [
        .transportURL(
            "transport.url",
            \.transport.url,
            "The broker, as oslo.messaging writes it: rabbit://user:password@host:5672/vhost, or memory://"
        ).option("--transport-url"),
        .secret(
            "transport.password",
            \.transport.password,
            "The password for the hosts of transport.url that have none there, so that the URL need not be a secret"
        ),
    ]

    /// The RPC client.
    static let rpc: [Setting] = [
        .milliseconds(
            "rpc.responseTimeoutMs",
            \.gateway.responseTimeout,
            1...longest,
            "How long a call waits for its reply when the caller does not say"
        ).reloadable(),
        .milliseconds(
            "rpc.maxTimeoutMs",
            \.gateway.maximumTimeout,
            1...longest,
            "The longest wait that a caller may ask for"
        ).reloadable(),
        .text(
            "rpc.controlExchange",
            \.gateway.controlExchange,
            allowed: "an exchange name of 1 to 255 bytes",
            "The exchange of targets that name none"
        ) {
            (1...255).contains($0.utf8.count)
        },
        .choice(
            "rpc.route",
            \.driver.requestRoute,
            "How calls and casts get to their queue: through the control exchange, or by its name (RabbitMQ only)"
        ),
        .boolean(
            "rpc.confirmCalls",
            \.driver.confirmsCalls,
            "Have the broker confirm each call; casts and notifications always have confirms (RabbitMQ only)"
        ),
        .custom(
            "rpc.versionCap",
            \.gateway.versionCap,
            type: "version or none",
            allowed: "none or a version such as 1.5",
            "The highest version that may be called"
        ) {
            VersionText.parseOptional($0)
        } text: {
            $0 ?? "none"
        }.reloadable(),
        .attempts(
            "rpc.retry",
            \.gateway.retry,
            -1...1000,
            "How often a failed delivery is tried again within the deadline; -1 is for ever"
        ),
        .integer(
            "rpc.maxInFlight",
            \.gateway.maximumInFlight,
            1...1_000_000,
            "Calls at the same time; more of them get 503"
        ).reloadable(),
        .integer(
            "rpc.maxInFlightPerTarget",
            \.gateway.maximumInFlightPerTarget,
            0...1_000_000,
            "Calls at the same time to one target; 0 is a quarter of rpc.maxInFlight"
        ).reloadable(),
        .integer("rpc.maxReplyBytes", \.driver.maximumReplyBytes, 1024...1_073_741_824, "Bytes of a reply"),
        .boolean(
            "rpc.checkConsumers",
            \.gateway.checksConsumers,
            "Fail a call at once when nobody consumes from its queue"
        ).reloadable(),
        .boolean(
            "rpc.propagateTraceContext",
            \.gateway.propagatesTraceContext,
            "Copy traceparent and tracestate into the request context"
        ).reloadable(),
        .boolean(
            "rpc.acceptContext",
            \.gateway.acceptsContext,
            "Let callers send a request context in Rpc-Context"
        ).reloadable(),
    ]
}
