// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Observability

struct ProgramCodeTests {
    @Test func onlyCodeOfFilesIsFound() {
        let mappings = ProgramCode.codeMappings(
            """
            55ad2ce79000-55ad2eb79000 r-xp 00000000 fe:00 5325406                    /usr/bin/rpc-gateway
            55ad2eb79000-55ad2ec3b000 r--p 01cff000 fe:00 5325406                    /usr/bin/rpc-gateway
            55ad2ec3b000-55ad310b1000 rw-p 01dc1000 fe:00 5325406                    /usr/bin/rpc-gateway
            55ad310b1000-55ad310c0000 rw-p 00000000 00:00 0                          [heap]
            7f0000000000-7f0000001000 r-xs 00000000 fe:00 7                          /shared
            7f0000002000-7f0000003000 rwxp 00000000 fe:00 8                          /written
            7f0000004000-7f0000006000 r-xp 00001000 fe:00 9                          /lib/a file with spaces (deleted)
            7ffd1c3f0000-7ffd1c3f2000 r-xp 00000000 00:00 0                          [vdso]
            7ffd1c3f3000-7ffd1c3f4000 r-xp 00000000 00:00 0
            nonsense
            """
        )
        #expect(mappings == [0x55ad_2ce7_9000..<0x55ad_2eb7_9000, 0x7f00_0000_4000..<0x7f00_0000_6000])
    }

    @Test func aDebuggerIsSeen() {
        #expect(!ProgramCode.isTraced(status: "Name:\trpc-gateway\nTracerPid:\t0\nUid:\t0\n"))
        #expect(ProgramCode.isTraced(status: "Name:\trpc-gateway\nTracerPid:\t4711\nUid:\t0\n"))
    }

    @Test func theProgramRunsOn() throws {
        let before = try #require(ProcFile.text(of: "/proc/self/maps").map(ProgramCode.codeMappings))
        #expect(!before.isEmpty)
        ProgramCode.release()
        #expect(try #require(ProcFile.text(of: "/proc/self/maps").map(ProgramCode.codeMappings)) == before)
    }
}
