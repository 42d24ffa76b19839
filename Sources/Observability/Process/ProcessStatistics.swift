// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What the kernel knows about this process, read from `/proc` when asked.
struct ProcessStatistics: Sendable {
    var directory = "/proc"
    var pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
    var ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// Memory in use, in bytes; NaN where `/proc` cannot be read, like all of these.
    var residentBytes: Double {
        field(1, of: "self/statm").map { $0 * pageBytes } ?? .nan
    }

    /// Time spent on processors by all threads so far, user and system, in seconds.
    var processorSeconds: Double {
        // Fields 14 and 15 of proc(5), counted here from the third one, which follows the name.
        guard let fields = statusFields, fields.count > 12, let user = Double(fields[11]),
            let system = Double(fields[12])
        else { return .nan }
        return (user + system) / ticksPerSecond
    }

    /// When the process started, in seconds since 1970.
    var startSeconds: Double {
        guard let fields = statusFields, fields.count > 19, let ticks = Double(fields[19]), let boot = bootSeconds
        else { return .nan }
        return boot + ticks / ticksPerSecond
    }

    /// Open file descriptors, not counting the one that this question needs.
    var openDescriptors: Double {
        guard let count = ProcFile.entryCount(of: "\(directory)/self/fd") else { return .nan }
        return Double(count - 1)
    }

    /// The most descriptors the process may open.
    var maximumDescriptors: Double {
        guard let text = ProcFile.text(of: "\(directory)/self/limits"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Max open files") })
        else { return .nan }
        return line.split(separator: " ").dropFirst(3).first.flatMap { Double($0) } ?? .nan
    }

    /// Threads of the process.
    var threads: Double {
        guard let fields = statusFields, fields.count > 17 else { return .nan }
        return Double(fields[17]) ?? .nan
    }

    /// The fields after the name, which itself may hold spaces and brackets.
    private var statusFields: [Substring]? {
        guard let text = ProcFile.text(of: "\(directory)/self/stat"), let end = text.lastIndex(of: ")") else {
            return nil
        }
        return text[text.index(after: end)...].split(separator: " ")
    }

    private var bootSeconds: Double? {
        ProcFile.text(of: "\(directory)/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Double($0.dropFirst(6)) }
    }

    private func field(_ index: Int, of file: String) -> Double? {
        guard let fields = ProcFile.text(of: "\(directory)/\(file)")?.split(separator: " "), fields.count > index else {
            return nil
        }
        return Double(fields[index])
    }
}

extension MetricsRegistry {
    /// Shows the process's memory, descriptors, threads, processor time and start, under Prometheus' usual names.
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
