// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Threads

@testable import RPCGatewayCommand

struct SmallFileTests {
    private let folder = TemporaryFolder()

    @Test func aFileIsReadWhole() throws {
        let text = String(repeating: "0123456789", count: 10_000)
        #expect(try SmallFile.bytes(of: folder.add("f", text)) == Array(text.utf8))
    }

    @Test func aPipeIsReadToItsEnd() throws {
        let pipe = Pipe()
        // Without a thread and descriptors there is nothing to test.
        // swift-format-ignore: NeverUseForceTry
        let writer = try! OwnedThread(name: "writer") {
            for part in ["a", "b"] {
                try? pipe.fileHandleForWriting.write(contentsOf: Data(part.utf8))
            }
            try? pipe.fileHandleForWriting.close()
        }
        let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        let bytes = try SmallFile.bytes(of: path)
        writer.join()
        #expect(bytes == Array("ab".utf8))
    }

    @Test func whatCannotBeReadIsAnError() {
        #expect(throws: SmallFileError.missing) { try SmallFile.bytes(of: "/nowhere/at/all") }
        #expect(throws: SmallFileError.unreadable(errno: EISDIR)) { try SmallFile.bytes(of: folder.path) }
        #expect(throws: SmallFileError.tooLarge(SmallFile.maximumBytes)) { try SmallFile.bytes(of: "/dev/zero") }
    }
}
