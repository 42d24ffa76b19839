// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension MetricsRegistry {
    /// Shows the process' memory, descriptors, threads, processor time and start, under Prometheus' usual names.
    public func addProcessMetrics() {
        let process = ProcessStatistics()
        gauge("process_resident_memory_bytes", "Resident memory in bytes") { process.residentBytes }
        gauge("process_open_fds", "Open file descriptors") { process.openDescriptors }
        gauge("process_max_fds", "The most file descriptors the process may open") { process.maximumDescriptors }
        gauge("process_threads", "Threads of the process") { process.threads }
        gauge("process_start_time_seconds", "Start of the process in seconds since 1970") { process.startSeconds }
        counter("process_cpu_seconds_total", "Processor time, user and system, in seconds") {
            process.processorSeconds
        }
    }
}
