// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing
import Threads

@testable import Observability

struct DescriptorLogOutputTests {
    @Test func linesOfManyThreadsDoNotMix() throws {
        let pipe = Pipe()
        let output = DescriptorLogOutput(fileDescriptor: pipe.fileHandleForWriting.fileDescriptor)
        // Longer than what a pipe takes in one piece.
        let threads = (0..<4).map { number in
            // Without a thread and descriptors there is nothing to test.
            // swift-format-ignore: NeverUseForceTry
            try! OwnedThread(name: "log-\(number)") {
                let line = [UInt8](repeating: UInt8(ascii: "a") + UInt8(number), count: 9999) + [0x0A]
                for _ in 0..<20 { output.write(line: line) }
            }
        }
        // Without a thread and descriptors there is nothing to test.
        // swift-format-ignore: NeverUseForceTry
        let closer = try! OwnedThread(name: "closer") {
            for thread in threads { thread.join() }
            try? pipe.fileHandleForWriting.close()
        }
        let text = pipe.fileHandleForReading.readDataToEndOfFile()
        closer.join()
        let lines = text.split(separator: 0x0A)
        #expect(lines.count == 80)
        #expect(lines.allSatisfy { $0.count == 9999 && Set($0).count == 1 })
    }

    @Test func aFullDescriptorDropsLinesAndNeverTearsTwoIntoOne() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        let output = DescriptorLogOutput(fileDescriptor: descriptor)
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000) + [0x0A]
        output.write(line: long)
        output.write(line: Array("dropped\n".utf8))
        _ = pipe.fileHandleForReading.availableData
        output.write(line: Array("whole\n".utf8))
        try pipe.fileHandleForWriting.close()
        let rest = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(rest.hasSuffix("\nwhole\n"))
        #expect(!rest.contains("dropped"))
    }

    @Test func aClosedDescriptorIsSurvived() {
        DescriptorLogOutput(fileDescriptor: -1).write(line: [0x0A])
    }
}
