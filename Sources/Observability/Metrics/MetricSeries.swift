// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Where the value of one line (or one histogram) on the metrics page comes from.
enum MetricSeries: Sendable {
    case counter(CounterCell)
    case floatingCounter(FloatingCounterCell)
    case gauge(GaugeCell)
    case histogram(HistogramCell)
    case callback(@Sendable () -> Double)

    /// The object that users of the series hold, to find the series again when it is destroyed.
    var cell: AnyObject? {
        switch self {
        case .counter(let cell): cell
        case .floatingCounter(let cell): cell
        case .gauge(let cell): cell
        case .histogram(let cell): cell
        case .callback: nil
        }
    }
}
