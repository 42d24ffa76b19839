// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
internal import Synchronization

/// Counts of observations in fixed buckets: a timer (in seconds), or a recorder that aggregates.
final class HistogramCell: TimerHandler, RecorderHandler {
    /// Bounds for times, in seconds: from a local round trip to the longest time-out anyone should wait for.
    static let timeBounds: [Double] = [
        0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
    ]
    /// Bounds for sizes and numbers: powers of four, from 1 to one GiB.
    static let valueBounds: [Double] = (0...15).map { Double(1 << (2 * $0)) }

    let bounds: [Double]
    private let buckets: [Bucket]
    private let total = AtomicDouble()

    init(bounds: [Double]) {
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in Bucket() }
    }

    /// Observations in each bucket, not accumulated; the last one is what lies above every bound.
    var counts: [UInt64] { buckets.map { $0.count.load(ordering: .relaxed) } }
    var sum: Double { total.value }

    // A clock that was set back must not make the sum go down.
    func recordNanoseconds(_ duration: Int64) { record(Double(max(0, duration)) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        buckets[index].count.wrappingAdd(1, ordering: .relaxed)
        total.add(value)
    }

    // An atomic cannot be copied, so an array holds references to them.
    private final class Bucket: Sendable {
        let count = Atomic<UInt64>(0)
    }
}
