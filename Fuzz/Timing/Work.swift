// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import SeededRandom

/// What a loop does with one input without a pause, and one kind of input that might hold it up.
struct Work: Sendable {
    /// What is done and with what kind of input, as `reply/deepLists`.
    let name: String
    /// The longest input that gets as far, in bytes.
    let maximumBytes: Int
    /// Makes an input of about so many bytes.
    let input: @Sendable (_ size: Int, _ random: inout SeededRandom) -> [UInt8]
    /// Does the work.
    let run: @Sendable ([UInt8]) -> Void
    /// The speed that is promised, in bytes a microsecond.
    private static let speed = 100

    /// All there is.
    static var all: [Work] { bodies + replies + heads + frames }

    /// Bodies may be longer; what takes longer for this many bytes than it should takes even longer then.
    static let bodyBytes = 4 << 20

    /// The least time of a thread that the work takes in several tries.
    func time(_ input: [UInt8], tries: Int) -> Duration {
        var least = Duration.seconds(1_000)
        for _ in 0..<tries {
            let start = Self.threadTime()
            run(input)
            least = min(least, Self.threadTime() - start)
        }
        return least
    }

    /// What the thread has run: nothing that another one does counts.
    private static func threadTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension Work {
    /// The promise: no input of N bytes holds a loop longer than N at the speed, and one millisecond.
    func bound(_ bytes: Int) -> Duration { .nanoseconds(bytes * 1_000 / Self.speed) + .milliseconds(1) }

    /// Why the promise does not hold for inputs of about so many bytes; nil where it does.
    func excess(_ size: Int, seed: UInt64) -> String? {
        var random = SeededRandom(seed: seed)
        let input = input(min(size, maximumBytes), &random)
        let bound = bound(input.count)
        var least = time(input, tries: 2)
        // What else the machine does costs caches too.
        if least > bound { least = min(least, time(input, tries: 5)) }
        return least > bound ? "\(name): \(input.count) bytes took \(least), more than \(bound); seed \(seed)" : nil
    }

    /// Why the time does not grow as the input does; nil where it does. For builds that are slow in themselves.
    func superlinearGrowth(seed: UInt64) -> String? {
        // By the same seed both are made of the same parts, longer ones and shorter ones: of different parts, one of which may
        // be refused at once, the times would say nothing.
        var (random, again) = (SeededRandom(seed: seed), SeededRandom(seed: seed))
        let small = input(min(Self.smallBytes, maximumBytes / Self.growth), &random)
        let large = input(min(Self.smallBytes * Self.growth, maximumBytes), &again)
        // Half as much again for memory that is not in caches any more, and what a short measurement is wrong by.
        let smallBytes = small.count * Self.growth
        let ratio = Double(large.count) / Double(smallBytes) * 1.5
        var bound = Duration.zero
        var least = Duration.seconds(1_000)
        for _ in 0..<8 {
            let together = (0..<Self.growth).reduce(Duration.zero) { sum, _ in sum + time(small, tries: 1) }
            bound = max(bound, together * ratio + .milliseconds(2))
            least = min(least, time(large, tries: 1))
            if least <= bound { return nil }
        }
        let given = "\(smallBytes) bytes in \(Self.growth) inputs give \(large.count) \(bound)"
        return "\(name): \(given), and these took \(least); seed \(seed)"
    }

    private static let smallBytes = 4_096
    private static let growth = 16
}
