// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

/// What loops do in one go takes time as its input is long, whatever the input is. `make timing` holds an optimized build
/// against the promised speed.
@Suite(.serialized)
struct TimingTests {
    @Test func timeGrowsAsInputsDo() {
        let seed = UInt64.random(in: 0...UInt64.max)
        for work in Work.all {
            let growth = work.superlinearGrowth(seed: seed)
            #expect(growth == nil)
        }
    }

    @Test func workThatGrowsFasterIsFound() {
        let quadratic = Work(name: "pairs", maximumBytes: 1 << 20) { size, _ in
            [UInt8](repeating: 1, count: size)
        } run: {
            var sum = 0
            for one in $0 { for other in $0.prefix($0.count >> 10) { sum &+= Int(one & other) } }
            #expect(sum > 0)
        }
        #expect(quadratic.superlinearGrowth(seed: 1) != nil)
    }
}
