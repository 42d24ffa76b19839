// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import SeededRandom
import Testing

/// Random inputs to a machine beside a plain model of what it must do; every step compares the two.
struct RandomRun {
    enum ModelState {
        case connecting, established, closing
    }

    struct ModelConnection {
        var state = ModelState.connecting
        var leases = 0
        var isBlocked = false
        var idleSince: Instant
    }

    struct ModelWaiter {
        var id: Int
        var deadline: Instant
        var retry: Int?
    }

    let limits: PoolConfiguration
    var random: SeededRandom
    var pool: Pool
    var connections: [Int: ModelConnection] = [:]
    /// Established connections, the one used last first.
    var recency: [Int] = []
    var waiting: [ModelWaiter] = []
    var answered: Set<Int> = []
    var lastWaiter = 0
    var timer: Instant?
    var isShuttingDown = false

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        limits = PoolConfiguration(
            minimumConnectionCount: Int.random(in: 0...3, using: &random),
            preservedConnectionCount: Int.random(in: 0...2, using: &random),
            maximumConnectionHardLimit: Int.random(in: 1...6, using: &random),
            maximumLeasesPerConnection: [1, 1, 2, 5].randomElement(using: &random) ?? 1,
            maximumWaiters: Int.random(in: 0...20, using: &random),
            idleTimeout: .seconds(Int.random(in: 1...20, using: &random))
        )
        pool = Pool(limits)
    }

    mutating func step() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<32: try lease()
        case 32..<60: try release()
        case 60..<72: try establish()
        case 72..<77: try fail()
        case 77..<82: try lose()
        case 82..<85: try block()
        case 85..<88: try unblock()
        case 88..<90: cancel()
        case 90: try shutDownSometimes()
        default: try passTime()
        }
        try compare()
    }

    /// Plays everything to its end: afterwards nobody waits and nothing is open.
    mutating func finish() throws {
        if !isShuttingDown { try shutDown() }
        while let (id, connection) = connections.first {
            for _ in 0..<connection.leases { try release(id) }
            if connections[id]?.state == .closing { try end(id) }
            try compare()
        }
        #expect(pool.machine.isShutDown)
        #expect(waiting.isEmpty)
        #expect(answered.count == lastWaiter)
    }
}
