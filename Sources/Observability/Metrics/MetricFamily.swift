// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// All series of one name: they share a type and a help text.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    let name: String
    let kind: Kind
    var help: String
    /// Series by their rendered labels, `{a="b"}` or empty.
    var series: [String: MetricSeries] = [:]
}
