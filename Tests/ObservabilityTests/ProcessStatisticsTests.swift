// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Observability

struct ProcessStatisticsTests {
    @Test func theProcessShowsPlausibleValues() {
        let process = ProcessStatistics()
        #expect(process.residentBytes > 1_000_000)
        #expect(process.openDescriptors >= 3)
        #expect(process.maximumDescriptors >= process.openDescriptors)
        #expect(process.threads >= 1)
        #expect(process.processorSeconds >= 0)
        let now = Double(LogTime.now().milliseconds) / 1000
        #expect(process.startSeconds < now)
        #expect(process.startSeconds > now - 86_400)
    }

    @Test func theyAreOnThePageUnderTheirUsualNames() {
        let registry = MetricsRegistry()
        registry.addProcessMetrics()
        let page = registry.render()
        #expect(page.contains("# TYPE process_resident_memory_bytes gauge"))
        #expect(page.contains("# TYPE process_open_fds gauge"))
        #expect(page.contains("# TYPE process_cpu_seconds_total counter"))
        #expect(page.contains("# TYPE process_start_time_seconds gauge"))
    }

    @Test func withoutProcTheLinesAreMissing() {
        let process = ProcessStatistics(directory: "/nowhere")
        #expect(process.residentBytes.isNaN)
        #expect(process.startSeconds.isNaN)
        #expect(process.openDescriptors.isNaN)
        #expect(process.processorSeconds.isNaN)
    }
}
