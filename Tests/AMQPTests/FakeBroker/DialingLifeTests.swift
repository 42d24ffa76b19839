// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Testing
import Threads

@testable import AMQP

/// What a connection that is being made leaves behind, and whom it tells.
@Suite(.timeLimit(.minutes(1)))
struct DialingLifeTests {
    /// What a name service has given and taken back.
    private final class Lists {
        var given: [SocketAddress.NameService.List] = []
        var taken: [SocketAddress.NameService.List?] = []

        var service: SocketAddress.NameService {
            var service = SocketAddress.NameService.system
            let (find, free) = (service.find, service.free)
            service.find = { [self] host, port, hints, list in
                let status = find(host, port, hints, &list)
                if let list { given.append(list) }
                return status
            }
            service.free = { [self] list in
                taken.append(list)
                free(list)
            }
            return service
        }
    }

    @Test func theListOfAddressesIsFreedOnce() throws {
        let lists = Lists()
        for _ in 0..<3 { #expect(try SocketAddress.all(of: "127.0.0.1", port: 5672, using: lists.service).count == 1) }
        #expect(lists.given.count == 3)
        #expect(lists.taken == lists.given)
        #expect(throws: AMQPError.self) {
            try SocketAddress.all(of: "no-such-host.invalid", port: 1, using: lists.service)
        }
        #expect(lists.taken == lists.given)
    }

    private func dial(_ configuration: ConnectionConfiguration, _ handle: SocketHandle) async throws -> Dialed {
        let dialer = Dialer(
            configuration,
            HostAddresses(),
            deadline: .now + .seconds(5),
            socketHandle: handle,
            isWanted: { true }
        )
        let result: Result<Dialed, AMQPError> = try await withCheckedThrowingContinuation { continuation in
            do {
                try dialer.start { continuation.resume(returning: $0) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        return try result.get()
    }

    /// A stranger's descriptor may have its number a moment later, and a late abort would end the stranger's conversation.
    @Test func aLoginThatNobodyWantsAnyMoreLeavesNoDescriptorBehind() async throws {
        let broker = FakeBroker { _ in }
        defer { broker.server.stop() }
        let handle = SocketHandle()
        do {
            let late = try await dial(broker.configuration, handle)
            #expect(handle.count == 1)
            _ = late
        }
        // The thread that dialled lets go of its part a moment later.
        let deadline = Moment.now + .seconds(5)
        while handle.count > 0, Moment.now < deadline { await Task.yield() }
        #expect(handle.count == 0)
    }

    @Test func aLoginThatFailsLeavesNoDescriptorBehind() async throws {
        let broker = FakeBroker.withoutHandshake { $0.end() }
        defer { broker.server.stop() }
        let handle = SocketHandle()
        await #expect(throws: AMQPError.self) { try await dial(broker.configuration, handle) }
        #expect(handle.count == 0)
    }

    /// Starts a connection to a peer that never answers, has its user's loop end, and gives what was told.
    private func startAndEndLoop(tls: TLSConfiguration?, isBefore: Bool) async throws -> (
        Connection, AMQPError?, [String]
    ) {
        let server = LoopbackServer { peer in while peer.readSome() != nil {} }
        defer { server.stop() }
        let home = try EventLoop(name: "home")
        try home.start()
        if isBefore {
            home.stop()
            #expect(home.waitUntilEnded(deadline: .now + .seconds(5)))
        }
        let configuration = ConnectionConfiguration(port: server.port, connectTimeout: .seconds(50), tls: tls)
        let recorder = Ending()
        let connection = Connection(
            configuration: configuration,
            loop: home,
            logger: Logger(label: "test"),
            delegate: recorder
        )
        let result = await withCheckedContinuation { continuation in
            connection.start { continuation.resume(returning: $0) }
            // In the turn after the one in which the connection begins.
            home.execute { home.stop() }
        }
        let error: AMQPError? = if case .failure(let error) = result { error } else { nil }
        await recorder.wait()
        return (connection, error, recorder.told)
    }

    @Test(arguments: [false, true], [false, true])
    func aConnectionThatIsBeingMadeIsToldOfItsLoopsEnd(isTLS: Bool, isBefore: Bool) async throws {
        let tls = isTLS ? TLSConfiguration(verifiesPeer: false) : nil
        let (connection, error, told) = try await startAndEndLoop(tls: tls, isBefore: isBefore)
        #expect(error?.code == .connectionClosed)
        #expect(told == ["closed"])
        // With TLS it is the connection's own, which would turn for ever.
        #expect(connection.loop?.waitUntilEnded(deadline: .now + .seconds(5)) == true)
    }
}

/// Hears of a connection's end.
private final class Ending: ConnectionDelegate {
    private let events = Guarded<[String]>([])
    private let (stream, continuation) = AsyncStream<Void>.makeStream()

    var told: [String] { events.withLock { $0 } }

    func wait() async { for await _ in stream { return } }

    func connection(_ connection: Connection, didCloseWith error: AMQPError?) {
        events.withLock { $0.append("closed") }
        continuation.yield()
    }
}
