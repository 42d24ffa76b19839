// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import Logging
internal import Observability

extension SettingsTable {
    /// What callers are told about errors.
    static let errors: [Setting] = [
        .choice(
            "errors.expose",
            \.errorExposure,
            "Show remote messages for every status (full) or under 500 only (safe); auto is full on a loopback address"
        ).reloadable(),
        .boolean(
            "errors.exposeTraceback",
            \.gateway.exposesTraceback,
            "Show the tracebacks of remote exceptions"
        ).reloadable(),
        .rules(
            "errors.rules",
            \.gateway.errorRules,
            "Statuses for remote exceptions, as module.ClassGlob=status; first match"
        ).reloadable(),
    ]

    /// The probes.
    static let health: [Setting] = [
        .milliseconds(
            "health.probeTimeoutMs",
            \.gateway.probeTimeout,
            10...60_000,
            "How long a probe may take"
        ).reloadable(),
        .milliseconds(
            "health.readyWithinMs",
            \.gateway.readyWithin,
            1000...3_600_000,
            "Ready needs a message of our own that came back within this time"
        ).reloadable(),
    ]

    /// The log, the end, the demonstration, and the process.
    static let rest: [Setting] = [
        .choice("log.level", \.logLevel, "The least important lines that are logged")
            .reloadable().option("--log-level"),
        .choice("log.format", \.logFormat, "Lines for people (text) or JSON objects (json)").option("--log-format"),
        .milliseconds(
            "shutdown.graceMs",
            \.shutdownGrace,
            0...3_600_000,
            "How long calls in flight may take to finish"
        ),
        .optionalBoolean(
            "demo.enabled",
            \.demo,
            "The service demo/local; auto runs it on a memory:// or fake:// transport"
        ).option("--demo"),
        .boolean(
            "process.dumpable",
            \.isDumpable,
            "Let core dumps, and debuggers of the same user, have the memory, which holds the broker's password"
        ),
    ]
}
