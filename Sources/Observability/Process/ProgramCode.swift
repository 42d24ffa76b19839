// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The machine code of the program and its libraries, as the kernel has it in memory.
public enum ProgramCode {
    /// Lets go of the code that is in memory, most of which only the start has run; what runs comes back page by page.
    ///
    /// To be called at the end of the start. Costs only the faults of the pages that are needed again, without reading
    /// the disk as long as the kernel has the files in memory. Does nothing under a debugger, whose breakpoints are
    /// changes of these pages.
    public static func release() {
        guard let mappings = ProcFile.text(of: "/proc/self/maps"), let status = ProcFile.text(of: "/proc/self/status"),
            !isTraced(status: status)
        else { return }
        for mapping in codeMappings(mappings) {
            // Right: pages that cannot be written are as their file has them, and the kernel reads them again from there.
            _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: mapping.lowerBound), mapping.count, MADV_DONTNEED)
        }
    }

    /// The private mappings of files that are executable and not writable, in the text of `/proc/self/maps`
    /// (proc_pid_maps(5)).
    static func codeMappings(_ text: String) -> [Range<UInt>] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 5)
            guard fields.count == 6, fields[1] == "r-xp", fields[5].drop(while: { $0 == " " }).hasPrefix("/") else {
                return nil
            }
            let bounds = fields[0].split(separator: "-")
            guard bounds.count == 2, let start = UInt(bounds[0], radix: 16), let end = UInt(bounds[1], radix: 16),
                start < end
            else { return nil }
            return start..<end
        }
    }

    /// Whether a debugger holds the process, in the text of `/proc/self/status`.
    static func isTraced(status: String) -> Bool {
        status.split(separator: "\n").contains { $0.hasPrefix("TracerPid:") && !$0.hasSuffix("\t0") }
    }
}
