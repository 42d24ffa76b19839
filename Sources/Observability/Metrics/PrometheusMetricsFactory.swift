// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics

/// Metrics of swift-metrics, shown on the page of a registry.
///
/// Counters get the suffix `_total`; timers are histograms in seconds with the suffix `_seconds`; recorders are
/// histograms when they aggregate, and gauges when they do not. Asking twice for a metric yields the same one.
public struct PrometheusMetricsFactory: MetricsFactory {
    /// The registry that holds this factory's metrics.
    public let registry: MetricsRegistry

    /// Makes a factory for a registry.
    public init(registry: MetricsRegistry) {
        self.registry = registry
    }

    /// Makes or finds a counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let series = registry.series(label, suffix: "_total", kind: .counter, dimensions: dimensions) {
            .counter(CounterCell())
        }
        // Another kind of counter has the name already: this one counts, but is not shown.
        guard case .counter(let cell) = series else { return CounterCell() }
        return cell
    }

    /// Makes or finds a counter of fractions.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        let series = registry.series(label, suffix: "_total", kind: .counter, dimensions: dimensions) {
            .floatingCounter(FloatingCounterCell())
        }
        guard case .floatingCounter(let cell) = series else { return FloatingCounterCell() }
        return cell
    }

    /// Makes or finds a gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    /// Makes or finds a histogram of values, or a gauge of the last value when `aggregate` is false.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate
            ? histogram(label, "", dimensions, bounds: HistogramCell.valueBounds)
            : gauge(label, dimensions)
    }

    /// Makes or finds a histogram of times, shown in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, "_seconds", dimensions, bounds: HistogramCell.timeBounds)
    }

    /// Removes a counter from the page.
    public func destroyCounter(_ handler: any CounterHandler) { registry.remove(handler) }

    /// Removes a counter of fractions from the page.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { registry.remove(handler) }

    /// Removes a gauge from the page.
    public func destroyMeter(_ handler: any MeterHandler) { registry.remove(handler) }

    /// Removes a recorder from the page.
    public func destroyRecorder(_ handler: any RecorderHandler) { registry.remove(handler) }

    /// Removes a timer from the page.
    public func destroyTimer(_ handler: any TimerHandler) { registry.remove(handler) }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeCell {
        let series = registry.series(label, suffix: "", kind: .gauge, dimensions: dimensions) { .gauge(GaugeCell()) }
        guard case .gauge(let cell) = series else { return GaugeCell() }
        return cell
    }

    private func histogram(
        _ label: String,
        _ suffix: String,
        _ dimensions: [(String, String)],
        bounds: [Double]
    ) -> HistogramCell {
        let series = registry.series(label, suffix: suffix, kind: .histogram, dimensions: dimensions) {
            .histogram(HistogramCell(bounds: bounds))
        }
        guard case .histogram(let cell) = series else { return HistogramCell(bounds: bounds) }
        return cell
    }
}
