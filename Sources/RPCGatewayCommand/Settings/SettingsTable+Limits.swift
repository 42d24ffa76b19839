// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway

extension SettingsTable {
    /// How much each client may ask for.
    static let limits: [Setting] = [
        .integer(
            "limits.rate",
            \.gateway.limits.rate,
            0...1_000_000,
            "Requests a second of one principal, or of one address where there is none; 0 is no limit"
        ).reloadable(),
        .integer(
            "limits.burst",
            \.gateway.limits.burst,
            0...1_000_000,
            "Requests that it may send at once after a pause; 0 is as many as limits.rate"
        ).reloadable(),
        .integer(
            "limits.inFlight",
            \.gateway.limits.inFlight,
            0...1_000_000,
            "Requests of it under way at the same time; 0 is no limit"
        ).reloadable(),
        .integer(
            "limits.streams",
            \.gateway.limits.streams,
            0...100_000,
            "Streams of notifications of it at the same time; 0 is no limit"
        ).reloadable(),
    ]
}
