// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Observability

struct ProcessSecrecyTests {
    @Test func theCommandLineIsFound() throws {
        let fields = (3...52).map { $0 == 48 ? "4096" : $0 == 49 ? "4128" : "\($0)" }.joined(separator: " ")
        #expect(ProcessSecrecy.commandLine(stat: "7 (a ) name) \(fields)\n") == 4096..<4128)
        #expect(ProcessSecrecy.commandLine(stat: "7 (name) S 1 2 3") == nil)
        #expect(ProcessSecrecy.commandLine(stat: "") == nil)
        let hidden = (3...52).map { _ in "0" }.joined(separator: " ")
        #expect(ProcessSecrecy.commandLine(stat: "7 (name) \(hidden)") == nil)
        #expect(try #require(ProcFile.text(of: "/proc/self/stat").flatMap(ProcessSecrecy.commandLine)).count > 1)
    }

    @Test func theWordsAreThoseOfThisProcess() throws {
        var words: [UInt8] = []
        ProcessSecrecy.blankCommandLine {
            words = $0
            return [-2..<0, $0.count..<($0.count + 9)]
        }
        #expect(String(decoding: words, as: UTF8.self) == ProcFile.text(of: "/proc/self/cmdline"))
    }
}
