// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Testing
import Threads

@testable import AMQP

/// Hosts and addresses of which some do not answer.
@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct AddressesTests {
    private let broker = TestBroker.configuration

    /// Connects to hosts whose addresses are these ports of the loopback.
    private func connect(
        _ ports: [[Int]],
        tls: TLSConfiguration? = nil,
        resolver: HostAddresses.Resolver? = nil
    ) async throws -> (result: Result<Void, AMQPError>, took: Duration, asked: [Int: AMQPError.Code?]) {
        let asked = Guarded<[Int: AMQPError.Code?]>([:])
        let configurations = ports.indices.map { index in
            var configuration = broker
            (configuration.host, configuration.tls) = ("host-\(index)", tls)
            return configuration
        }
        let byPort: HostAddresses.Resolver = { (host, _) throws(AMQPError) in
            let index = Int(host.split(separator: "-")[1]) ?? 0
            return try all(ports[index].map { ("127.0.0.1", $0) })
        }
        let candidates = BrokerCandidates(configurations, resolver: resolver ?? byPort) { index, failure in
            asked.withLock { $0[index] = .some(failure?.code) }
        }
        let connection = Connection(to: candidates, loop: try .shared(), logger: Logger(label: "test"), delegate: nil)
        let began = Moment.now
        let (result, ended) = await withCheckedContinuation { continuation in
            connection.start { continuation.resume(returning: ($0, Moment.now)) }
        }
        await connection.close()
        return (result, ended - began, asked.withLock { $0 })
    }

    private func mute(address: UInt32 = 0x7F00_0001, port: Int = 0) -> LoopbackServer {
        LoopbackServer(address: address, port: port) { peer in while peer.readSome() != nil {} }
    }

    @Test func anAddressThatDropsAttemptsDelaysBy250Milliseconds() async throws {
        let full = FullListener()
        let (result, took, asked) = try await connect([[full.port, broker.port]])
        try result.get()
        #expect(.milliseconds(250) <= took && took < .milliseconds(950))
        #expect(asked == [0: nil])
    }

    @Test func anAddressThatIsMuteDelaysByASecond() async throws {
        let silent = mute()
        defer { silent.stop() }
        let (result, took, asked) = try await connect([[silent.port, broker.port]])
        try result.get()
        #expect(.seconds(1) <= took && took < .seconds(3))
        #expect(asked == [0: nil])
    }

    @Test func anAddressThatRefusesDelaysByNothing() async throws {
        let closed = mute()
        closed.stop()
        let (result, took, _) = try await connect([[closed.port, broker.port]])
        try result.get()
        #expect(took < .milliseconds(900))
    }

    @Test func anAddressThatHangsUpDelaysByNothing() async throws {
        let rude = LoopbackServer { peer in peer.end() }
        defer { rude.stop() }
        let (result, took, _) = try await connect([[rude.port, broker.port]])
        try result.get()
        #expect(took < .milliseconds(900))
    }

    @Test func theNextHostIsAskedBesideOneThatIsMute() async throws {
        let silent = mute()
        defer { silent.stop() }
        let (result, took, asked) = try await connect([[silent.port], [broker.port]])
        try result.get()
        #expect(.seconds(1) <= took && took < .seconds(3))
        #expect(asked == [0: .connectTimedOut, 1: nil])
    }

    @Test func theNextHostIsAskedBesideANameThatIsNotResolved() async throws {
        let release = Guarded(false)
        defer { release.withLock { $0 = true } }
        let port = broker.port
        let (result, took, asked) = try await connect([[], []]) { (host, _) throws(AMQPError) in
            while host == "host-0", !release.withLock({ $0 }) { usleep(10_000) }
            return try SocketAddress.all(of: "127.0.0.1", port: port)
        }
        try result.get()
        #expect(.seconds(1) <= took && took < .seconds(3))
        #expect(asked == [0: .connectTimedOut, 1: nil])
    }

    @Test func whatAllFailedWithIsThePreferredOnesFailure() async throws {
        let rude = LoopbackServer { peer in peer.end() }
        defer { rude.stop() }
        let (result, _, asked) = try await connect([[rude.port, rude.port]])
        guard case .failure(let error) = result else {
            Issue.record("connected")
            return
        }
        #expect(error.code == .connectionLost)
        #expect(asked == [0: .connectionLost])
    }

    @Test func anAbortEndsAllAttempts() async throws {
        let (silent, full) = (mute(), FullListener())
        defer { silent.stop() }
        var configuration = broker
        configuration.host = "host"
        let ports = [silent.port, full.port]
        let candidates = BrokerCandidates([configuration]) { (_, _) throws(AMQPError) in
            try all(ports.map { ("127.0.0.1", $0) })
        }
        let connection = Connection(to: candidates, loop: try .shared(), logger: Logger(label: "test"), delegate: nil)
        let result = await withCheckedContinuation { continuation in
            connection.start { continuation.resume(returning: $0) }
            connection.abort()
        }
        guard case .failure(let error) = result else {
            Issue.record("connected")
            return
        }
        #expect(error.code == .connectionClosed)
    }

    /// The certificate names localhost; the address that is connected to is a number.
    @Test(.enabled(if: TestBroker.hasTLS), arguments: [("localhost", 2), ("elsewhere", 3)])
    func aCertificateIsCheckedForTheName(_ name: String, silentHost: UInt32) async throws {
        let port = TestBroker.environment("GATEWAY_TEST_TLS_PORT").flatMap(Int.init) ?? 5671
        let silent = mute(address: 0x7F00_0000 + silentHost, port: port)
        defer { silent.stop() }
        var configuration = broker
        (configuration.host, configuration.port) = (name, port)
        configuration.tls = TLSConfiguration(caFile: TestBroker.environment("GATEWAY_TEST_TLS_CA"))
        let candidates = BrokerCandidates([configuration]) { (_, port) throws(AMQPError) in
            try all([("127.0.0.\(silentHost)", port), ("127.0.0.1", port)])
        }
        let connection = Connection(to: candidates, loop: try .shared(), logger: Logger(label: "test"), delegate: nil)
        let result = await connection.start()
        await connection.close()
        switch result {
        case .success: #expect(name == "localhost")
        case .failure(let error): #expect(name != "localhost" && error.code == .tlsFailed, "\(error)")
        }
    }
}

private func all(_ places: [(host: String, port: Int)]) throws(AMQPError) -> [SocketAddress] {
    var found: [SocketAddress] = []
    for place in places { found += try SocketAddress.all(of: place.host, port: place.port) }
    return found
}
