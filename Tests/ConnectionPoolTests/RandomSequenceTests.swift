// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Testing

@Suite struct RandomSequenceTests {
    @Test(arguments: 0..<8)
    func noSequenceOfInputsBreaksARule(_ block: Int) throws {
        for seed in (block * 250)..<(block * 250 + 250) {
            var run = RandomRun(seed: UInt64(seed))
            try run.begin()
            for _ in 0..<200 { try run.step() }
            try run.finish()
        }
    }
}
