//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Who listens where, as a value: the exchanges and queues of the memory driver.
struct MemoryDirectory {
    typealias Handler = @Sendable (DirectMessage) -> Void

    /// A topic of one exchange.
    struct Address: Hashable {
        var exchange: String
        var topic: String
    }

    private struct Server {
        var id: Int
        var name: String
        var handler: Handler
    }

    private struct Topic {
        var servers: [Server] = []
        var turn = 0
    }

    private var topics: [Address: Topic] = [:]
    private var nextID = 0

    mutating func add(_ handler: @escaping Handler, to address: Address, server: String) -> Int {
        nextID += 1
        topics[address, default: Topic()].servers.append(Server(id: nextID, name: server, handler: handler))
        return nextID
    }

    mutating func remove(_ id: Int, from address: Address) {
        topics[address]?.servers.removeAll { $0.id == id }
        if topics[address]?.servers.isEmpty == true { topics[address] = nil }
    }

    /// The next server in turn, of those with the name when one is given.
    mutating func next(_ address: Address, server: String?) -> Handler? {
        guard let topic = topics[address] else { return nil }
        let candidates = server.map { name in topic.servers.filter { $0.name == name } } ?? topic.servers
        guard !candidates.isEmpty else { return nil }
        topics[address]?.turn &+= 1
        return candidates[abs(topic.turn % candidates.count)].handler
    }

    func all(_ address: Address) -> [Handler] { topics[address]?.servers.map(\.handler) ?? [] }

    func listenerCount(_ address: Address, server: String?) -> Int {
        topics[address]?.servers.count { server == nil || $0.name == server } ?? 0
    }
}
