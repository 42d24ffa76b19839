// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// What other processes of the same user see of this one.
public enum ProcessSecrecy {
    /// Keeps the memory out of core dumps, and from debuggers and readers of `/proc/PID` that are not root.
    public static func hideMemory() { _ = clinux_set_dumpable(0) }

    /// Blanks parts of the command line as other processes read it, in `ps` and `/proc/PID/cmdline`.
    ///
    /// The words that this process was given have to be read before, and nothing else may read them at the same time.
    ///
    /// - Parameter parts: finds what is to be blanked in all the words, each of which ends with a zero byte.
    public static func blankCommandLine(_ parts: (_ words: [UInt8]) -> [Range<Int>]) {
        guard let text = ProcFile.text(of: "/proc/self/stat"), let bounds = commandLine(stat: text) else { return }
        // Right: the kernel says where the words are, which are this process's own memory and may be written (proc_pid_stat(5)).
        guard let start = unsafe UnsafeMutablePointer<UInt8>(bitPattern: bounds.lowerBound) else { return }
        let words = unsafe UnsafeMutableBufferPointer(start: start, count: bounds.count)
        for part in parts(unsafe Array(words)) {
            for index in part.clamped(to: 0..<bounds.count) { unsafe words[index] = UInt8(ascii: "*") }
        }
    }

    /// Where the command line is, in the text of `/proc/self/stat`: fields 48 and 49.
    static func commandLine(stat: String) -> Range<UInt>? {
        guard let name = stat.lastIndex(of: ")") else { return nil }
        // Counted from the third field, which follows the name.
        let fields = stat[stat.index(after: name)...].split { $0 == " " || $0 == "\n" }
        guard fields.count > 46, let start = UInt(fields[45]), let end = UInt(fields[46]), start > 0, start < end else {
            return nil
        }
        return start..<end
    }
}
