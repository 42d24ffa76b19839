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

/// Where the value of one line (or one histogram) on the metrics page comes from.
enum MetricSeries: Sendable {
    case counter(CounterCell)
    case floatingCounter(FloatingCounterCell)
    case gauge(GaugeCell)
    case histogram(HistogramCell)
    case callback(@Sendable () -> Double)
    /// Series that come and go, with their labels.
    case callbacks(@Sendable () -> [(labels: [(String, String)], value: Double)])

    /// The object that users of the series hold, to find the series again when it is destroyed.
    var cell: AnyObject? {
        switch self {
        case .counter(let cell): cell
        case .floatingCounter(let cell): cell
        case .gauge(let cell): cell
        case .histogram(let cell): cell
        case .callback, .callbacks: nil
        }
    }
}
