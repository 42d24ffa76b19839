// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Holds everything against the promised speed, with inputs of growing size: `Timing [SEED [WORDS OF A NAME]]`.
@main
enum Timing {
    private static let sizes = [1_024, 16_384, 262_144]

    static func main() {
        let words = CommandLine.arguments.dropFirst()
        let seed = words.first.flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        let chosen = words.dropFirst().joined(separator: " ")
        var (count, excesses) = (0, 0)
        for work in Work.all where work.name.hasPrefix(chosen) {
            for size in sizes.filter({ $0 < work.maximumBytes }) + [work.maximumBytes] {
                count += 1
                guard let excess = work.excess(size, seed: seed) else { continue }
                print(excess)
                excesses += 1
            }
        }
        print("\(count) inputs, \(excesses) took longer than their size at 100 MB/s and 1 ms; seed \(seed)")
        exit(excesses == 0 && count > 0 ? 0 : 1)
    }
}
