// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Synchronization
import Testing

@testable import Observability

struct PrometheusTextTests {
    private let registry = MetricsRegistry(maximumSeriesPerName: 3)
    private var factory: any MetricsFactory { registry.factory }

    @Test func aCounterGetsTheSuffixTotalAndItsHelp() {
        registry.describe("rpc.calls", "Calls so far")
        let counter = factory.makeCounter(label: "rpc.calls", dimensions: [("code", "ok")])
        counter.increment(by: 2)
        counter.increment(by: 40)
        #expect(
            registry.render() == """
                # HELP rpc_calls_total Calls so far
                # TYPE rpc_calls_total counter
                rpc_calls_total{code="ok"} 42

                """
        )
    }

    @Test func seriesThatComeAndGoAreAskedForAndBounded() {
        let count = CountedRows()
        registry.gauges("key.use", "When") { count.rows.map { ([("key", "k\($0)\"")], Double($0)) } }
        #expect(registry.render() == "")
        count.set(2)
        #expect(
            registry.render() == """
                # HELP key_use When
                # TYPE key_use gauge
                key_use{key="k0\\""} 0
                key_use{key="k1\\""} 1

                """
        )
        count.set(9)
        #expect(registry.render().split(separator: "\n").count == 2 + 3)
    }

    @Test func aSuffixThatIsThereIsNotDoubled() {
        factory.makeCounter(label: "pool_reloads_total", dimensions: []).increment(by: 1)
        factory.makeTimer(label: "wait.seconds", dimensions: []).recordNanoseconds(1)
        #expect(registry.render().contains("\npool_reloads_total 1\n"))
        #expect(registry.render().contains("\nwait_seconds_count 1\n"))
    }

    @Test func aTimerIsAHistogramInSecondsWithAccumulatedBuckets() {
        let timer = factory.makeTimer(label: "call", dimensions: [("m", "x")])
        for nanoseconds: Int64 in [250_000, 250_001, 1_500_000_000, 121_000_000_000] {
            timer.recordNanoseconds(nanoseconds)
        }
        let lines = registry.render().split(separator: "\n").map(String.init)
        #expect(lines.contains("# TYPE call_seconds histogram"))
        #expect(lines.contains(#"call_seconds_bucket{m="x",le="0.00025"} 1"#))
        #expect(lines.contains(#"call_seconds_bucket{m="x",le="0.0005"} 2"#))
        #expect(lines.contains(#"call_seconds_bucket{m="x",le="1"} 2"#))
        #expect(lines.contains(#"call_seconds_bucket{m="x",le="2.5"} 3"#))
        #expect(lines.contains(#"call_seconds_bucket{m="x",le="120"} 3"#))
        #expect(lines.contains(#"call_seconds_bucket{m="x",le="+Inf"} 4"#))
        #expect(lines.contains(#"call_seconds_count{m="x"} 4"#))
        #expect(lines.contains { $0.hasPrefix(#"call_seconds_sum{m="x"} 122.5005"#) })
    }

    @Test func anAggregatingRecorderIsAHistogramAndAnotherOneAGauge() {
        factory.makeRecorder(label: "size", dimensions: [], aggregate: true).record(Int64(5))
        factory.makeRecorder(label: "last", dimensions: [], aggregate: false).record(2.5)
        let page = registry.render()
        #expect(page.contains("size_bucket{le=\"4\"} 0\nsize_bucket{le=\"16\"} 1\n"))
        #expect(page.contains("# TYPE last gauge\nlast 2.5\n"))
    }

    @Test func aMeterGoesUpAndDown() {
        let meter = factory.makeMeter(label: "in.flight", dimensions: [])
        meter.set(Int64(5))
        meter.increment(by: 2)
        meter.decrement(by: 4)
        #expect(registry.render().contains("\nin_flight 3\n"))
    }

    @Test func aCallbackIsAskedForEachPageAndMayHaveNothingToSay() {
        let source = AtomicDouble()
        registry.gauge("pool.connections", "Connections", labels: [("state", "idle")]) { source.value }
        source.set(7)
        #expect(registry.render().contains(#"pool_connections{state="idle"} 7"#))
        source.set(.nan)
        #expect(registry.render() == "")
        registry.gauge("pool.connections", "Connections", labels: [("state", "idle")]) { 1 }
        #expect(registry.render().contains(#"pool_connections{state="idle"} 1"#))
    }

    @Test func labelsAndHelpAreEscapedAndCleaned() {
        registry.describe("7 odd-näme", "two\nlines and a \\")
        let labels = [("b", "quote\" back\\ line\n"), ("a-b", "ü"), ("b", "last \"wins\"")]
        factory.makeMeter(label: "7 odd-näme", dimensions: labels).set(Int64(1))
        #expect(
            registry.render() == """
                # HELP _7_odd_n_me two\\nlines and a \\\\
                # TYPE _7_odd_n_me gauge
                _7_odd_n_me{a_b="ü",b="last \\"wins\\""} 1

                """
        )
        #expect(MetricName.escapedLabelValue("a\r\n\"\\") == "a\r\\n\\\"\\\\")
    }

    @Test func theOrderIsStable() {
        for label in ["z", "a", "m"] {
            for value in ["2", "1"] { factory.makeMeter(label: label, dimensions: [("v", value)]).set(Int64(0)) }
        }
        let names = registry.render().split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.prefix(8) }
        #expect(names == names.sorted())
        #expect(names.count == 6)
    }

    @Test func theSameLabelsInAnotherOrderAreTheSameSeries() {
        let one = factory.makeCounter(label: "c", dimensions: [("a", "1"), ("b", "2")])
        let two = factory.makeCounter(label: "c", dimensions: [("b", "2"), ("a", "1")])
        #expect(one === two)
    }

    @Test func tooManySeriesAndClashingKindsAreRefusedVisibly() {
        for index in 0..<5 { factory.makeCounter(label: "c", dimensions: [("i", "\(index)")]).increment(by: 1) }
        factory.makeMeter(label: "t_seconds", dimensions: []).set(Int64(1))
        factory.makeTimer(label: "t", dimensions: []).recordNanoseconds(1)
        let page = registry.render()
        #expect(page.contains(#"c_total{i="2"} 1"#))
        #expect(!page.contains(#"c_total{i="3"}"#))
        #expect(page.contains("\nt_seconds 1\n"))
        #expect(!page.contains("t_seconds_bucket"))
        #expect(page.contains("\nmetrics_series_refused_total 3\n"))
    }

    @Test func oneNameForBothKindsOfCounterDoesNotBreakThePage() {
        factory.makeCounter(label: "c", dimensions: []).increment(by: 1)
        factory.makeFloatingPointCounter(label: "c", dimensions: []).increment(by: 1.5)
        #expect(registry.render().contains("\nc_total 1\n"))
    }

    @Test func aDestroyedMetricLeavesThePage() {
        let counter = factory.makeCounter(label: "c", dimensions: [])
        factory.destroyCounter(counter)
        #expect(registry.render() == "")
    }

    @Test func countersNeverGoDownAndNothingNotFiniteIsAdded() {
        let counter = factory.makeCounter(label: "c", dimensions: [])
        let floating = factory.makeFloatingPointCounter(label: "f", dimensions: [])
        let timer = factory.makeTimer(label: "t", dimensions: [])
        counter.increment(by: -1)
        for amount in [1.5, -1, .nan, .infinity] { floating.increment(by: amount) }
        timer.recordNanoseconds(-5)
        let page = registry.render()
        #expect(page.contains("\nc_total 0\n"))
        #expect(page.contains("\nf_total 1.5\n"))
        #expect(page.contains("\nt_seconds_count 1\n"))
        counter.increment(by: 3)
        counter.reset()
        #expect(registry.render().contains("\nc_total 0\n"))
    }

    @Test(arguments: [
        (1.0, "1"), (0.00025, "0.00025"), (-2.5, "-2.5"), (1e300, "1e+300"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (.nan, "NaN"), (123_456_789_012, "123456789012"),
    ])
    func numbersAreWrittenAsPrometheusReadsThem(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }

    @Test func manyThreadsLoseNoCount() async {
        let counter = factory.makeCounter(label: "c", dimensions: [])
        let floating = factory.makeFloatingPointCounter(label: "f", dimensions: [])
        let timer = factory.makeTimer(label: "t", dimensions: [])
        await withDiscardingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<2000 {
                        counter.increment(by: 1)
                        floating.increment(by: 0.5)
                        timer.recordNanoseconds(1_000_000)
                    }
                }
            }
        }
        let page = registry.render()
        #expect(page.contains("\nc_total 8000\n"))
        #expect(page.contains("\nf_total 4000\n"))
        #expect(page.contains("\nt_seconds_count 8000\n"))
    }

    @Test func swiftMetricsReachesThePageThroughItsOwnTypes() {
        Counter(label: "through.api", dimensions: [], factory: factory).increment()
        Timer(label: "through.timer", dimensions: [], factory: factory).recordMilliseconds(3)
        #expect(registry.render().contains("\nthrough_api_total 1\n"))
        #expect(registry.render().contains(#"through_timer_seconds_bucket{le="0.005"} 1"#))
    }
}

/// How many rows there are, as the test says.
private final class CountedRows: Sendable {
    private let count = Atomic(0)

    var rows: Range<Int> { 0..<count.load(ordering: .relaxed) }

    func set(_ new: Int) { count.store(new, ordering: .relaxed) }
}
