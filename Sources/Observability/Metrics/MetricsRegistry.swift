// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
internal import Threads

/// Every metric of the process, and the page that shows them.
///
/// Series are made once under a lock and counted without one. Safe to use from any thread.
public final class MetricsRegistry: Sendable {
    /// The most series one name may have.
    ///
    /// Any more are refused and shown nowhere, so that labels that outsiders choose cannot fill the memory;
    /// `metrics_series_refused_total` counts the refusals.
    public let maximumSeriesPerName: Int

    private let families = Guarded<[String: MetricFamily]>([:])
    private let descriptions = Guarded<[String: String]>([:])

    /// Makes an empty registry.
    public init(maximumSeriesPerName: Int = 1000) {
        self.maximumSeriesPerName = maximumSeriesPerName
    }

    /// A factory that makes its metrics in this registry.
    public var factory: any MetricsFactory { PrometheusMetricsFactory(registry: self) }

    /// Sets the help text of a metric, named as in the code (`http.server.request.duration`).
    ///
    /// To be called before the metric is first made; without it the help text is that name.
    public func describe(_ label: String, _ help: String) {
        descriptions.withLock { $0[label] = help }
    }

    /// Shows a value that is read each time the page is made.
    ///
    /// - Parameters:
    ///   - name: The name, with dots or underscores. A second gauge with the same name and labels replaces the first.
    ///   - help: One line that says what the value means and its unit.
    ///   - labels: Names and values that tell the series of one name apart.
    ///   - value: Called on the thread that renders; must not block. A NaN leaves the line out.
    public func gauge(
        _ name: String,
        _ help: String,
        labels: [(String, String)] = [],
        value: @escaping @Sendable () -> Double
    ) {
        describe(name, help)
        replace(name: MetricName.make(name), label: name, kind: .gauge, labels: labels, with: .callback(value))
    }

    /// Shows values whose labels come and go, read each time the page is made.
    ///
    /// - Parameter values: At most `maximumSeriesPerName` of them are shown, and their labels have to differ. Called on the thread
    ///   that renders; must not block.
    public func gauges(
        _ name: String,
        _ help: String,
        values: @escaping @Sendable () -> [(labels: [(String, String)], value: Double)]
    ) {
        describe(name, help)
        let most = maximumSeriesPerName
        let series = MetricSeries.callbacks { Array(values().prefix(most)) }
        replace(name: MetricName.make(name), label: name, kind: .gauge, labels: [], with: series)
    }

    /// Shows a total that something else counts; like `gauge`, for values that only grow.
    public func counter(
        _ name: String,
        _ help: String,
        labels: [(String, String)] = [],
        value: @escaping @Sendable () -> Double
    ) {
        describe(name, help)
        let full = MetricName.make(name, suffix: "_total")
        replace(name: full, label: name, kind: .counter, labels: labels, with: .callback(value))
    }

    /// The page in Prometheus' text format 0.0.4 (`Content-Type` is `PrometheusText.contentType`).
    ///
    /// Families are sorted by name, series by their labels.
    public func render() -> String {
        PrometheusText.render(families.withLock { $0.values.sorted { $0.name < $1.name } })
    }
}

extension MetricsRegistry {
    /// The series with that name and those labels, made by `make` when there is none.
    ///
    /// When the name is one of another kind, or has too many series, the new series is not shown anywhere.
    func series(
        _ label: String,
        suffix: String,
        kind: MetricFamily.Kind,
        dimensions: [(String, String)],
        make: () -> MetricSeries
    ) -> MetricSeries {
        let name = MetricName.make(label, suffix: suffix)
        let labels = MetricName.labels(dimensions)
        let help = descriptions.withLock { $0[label] } ?? label
        return families.withLock { families in
            var family = families[name] ?? MetricFamily(name: name, kind: kind, help: help)
            if family.kind == kind, let known = family.series[labels] { return known }
            let new = make()
            guard family.kind == kind, family.series.count < maximumSeriesPerName else {
                Self.countRefusal(in: &families)
                return new
            }
            family.series[labels] = new
            families[name] = family
            return new
        }
    }

    /// Removes the series of a destroyed metric from the page.
    func remove(_ cell: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                guard let found = family.series.first(where: { $0.value.cell === cell }) else { continue }
                families[name]?.series[found.key] = nil
                if families[name]?.series.isEmpty == true { families[name] = nil }
                return
            }
        }
    }

    private func replace(
        name: String,
        label: String,
        kind: MetricFamily.Kind,
        labels dimensions: [(String, String)],
        with series: MetricSeries
    ) {
        let labels = MetricName.labels(dimensions)
        let help = descriptions.withLock { $0[label] } ?? label
        families.withLock { families in
            var family = families[name] ?? MetricFamily(name: name, kind: kind, help: help)
            let isKnown = family.series[labels] != nil
            guard family.kind == kind, isKnown || family.series.count < maximumSeriesPerName else {
                return Self.countRefusal(in: &families)
            }
            family.help = help
            family.series[labels] = series
            families[name] = family
        }
    }

    private static func countRefusal(in families: inout [String: MetricFamily]) {
        let name = "metrics_series_refused_total"
        let help = "Metrics not shown: too many label values, or one name for two kinds of metric"
        var family = families[name] ?? MetricFamily(name: name, kind: .counter, help: help)
        let series = family.series[""] ?? .counter(CounterCell())
        if case .counter(let cell) = series { cell.increment(by: 1) }
        family.series[""] = series
        families[name] = family
    }
}
