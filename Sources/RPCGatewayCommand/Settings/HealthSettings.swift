// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The health probes' settings.
struct HealthSettings: Sendable, Equatable {
    var probeTimeout = Duration.seconds(1)
    /// How long ago the last message may have come back for the gateway to count as ready.
    var readyWithin = Duration.seconds(10)
}
