// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The corpora of the fuzzers as ordinary tests.
struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Corpora")

    private static func inputs(_ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = folder.appending(path: target.rawValue)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
            ("\(target)/\(name)", Array(try Data(contentsOf: folder.appending(path: name))))
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func everyFileGoesThrough(_ target: FuzzTarget) throws {
        let inputs = try Self.inputs(target)
        #expect(inputs.count >= 3, "a target has a corpus")
        for input in inputs {
            // Cut short too: the end of the input is where readers go wrong.
            for bytes in [input.bytes, Array(input.bytes.dropLast()), Array(input.bytes.prefix(input.bytes.count / 2))]
            {
                #expect(throws: Never.self, "\(input.name)") { try target.run(bytes) }
            }
        }
    }
}
