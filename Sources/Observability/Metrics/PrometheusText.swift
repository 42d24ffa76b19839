// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Prometheus' text exposition format, version 0.0.4.
public enum PrometheusText {
    /// The media type of the page.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func render(_ families: [MetricFamily]) -> String {
        var page = ""
        for family in families { append(family, to: &page) }
        return page
    }

    /// As short as possible: whole numbers without a fraction, and the format's own words for infinities and NaN.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private static func append(_ family: MetricFamily, to page: inout String) {
        let lines = family.series.sorted { $0.key < $1.key }.map { text(of: $0.value, family.name, $0.key) }.joined()
        guard !lines.isEmpty else { return }
        page += "# HELP \(family.name) \(MetricName.escapedHelp(family.help))\n"
        page += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        page += lines
    }

    private static func text(of series: MetricSeries, _ name: String, _ labels: String) -> String {
        switch series {
        case .counter(let cell): return "\(name)\(labels) \(cell.value)\n"
        case .floatingCounter(let cell): return "\(name)\(labels) \(number(cell.value))\n"
        case .gauge(let cell): return "\(name)\(labels) \(number(cell.value))\n"
        case .histogram(let cell): return histogram(cell, name, labels)
        case .callback(let value):
            let value = value()
            return value.isNaN ? "" : "\(name)\(labels) \(number(value))\n"
        case .callbacks(let rows):
            return rows().map { "\(name)\(MetricName.labels($0.labels)) \(number($0.value))\n" }.sorted().joined()
        }
    }

    private static func histogram(_ cell: HistogramCell, _ name: String, _ labels: String) -> String {
        let counts = cell.counts
        let bounds = cell.bounds.map(number) + ["+Inf"]
        var (text, total) = ("", UInt64(0))
        for (bound, count) in zip(bounds, counts) {
            total += count
            text += "\(name)_bucket\(labels.isEmpty ? "{" : labels.dropLast() + ",")le=\"\(bound)\"} \(total)\n"
        }
        // The count is the sum of the buckets read above, so the page agrees with itself while others go on counting.
        return text + "\(name)_sum\(labels) \(number(cell.sum))\n\(name)_count\(labels) \(total)\n"
    }
}
