// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Glibc
import Logging
import Names
import Testing
import Threads

@Suite(.timeLimit(.minutes(1)))
struct ConnectingTests {
    private func failure(_ configuration: ConnectionConfiguration) async -> AMQPError? {
        // Without a thread and descriptors there is nothing to test.
        // swift-format-ignore: NeverUseForceTry
        let connection = try! Connection(configuration)
        if case .failure(let error) = await connection.start() { return error }
        connection.abort()
        return nil
    }

    @Test func closedPortIsConnectionRefused() async {
        let server = LoopbackServer { _ in }
        server.stop()
        #expect(await failure(ConnectionConfiguration(port: server.port))?.code == .connectionRefused)
    }

    @Test func unknownHostIsHostNotFound() async {
        #expect(await failure(ConnectionConfiguration(host: "no-such-host.invalid"))?.code == .hostNotFound)
    }

    @Test(arguments: [false, true]) func silentPeerRunsIntoTheConnectTimeout(isTLS: Bool) async throws {
        let server = LoopbackServer { peer in while peer.readSome() != nil {} }
        defer { server.stop() }
        let tls = isTLS ? TLSConfiguration(verifiesPeer: false) : nil
        let configuration = ConnectionConfiguration(port: server.port, connectTimeout: .milliseconds(300), tls: tls)
        let connection = try Connection(configuration)
        let began = Moment.now
        // The clock is read where the failure is told: this task may get to run much later.
        let (result, elapsed) = await withCheckedContinuation { continuation in
            connection.start { continuation.resume(returning: ($0, began.duration(to: .now))) }
        }
        switch result {
        case .success:
            Issue.record("connected to a peer that says nothing")
            connection.abort()
        case .failure(let error): #expect(error.code == .connectTimedOut)
        }
        #expect(elapsed < .seconds(5))
    }

    @Test func peerThatHangsUpIsConnectionLost() async {
        let server = LoopbackServer { peer in
            _ = peer.read(8)
            peer.end()
        }
        defer { server.stop() }
        #expect(await failure(ConnectionConfiguration(port: server.port))?.code == .connectionLost)
    }

    @Test func plainAnswerToTLSIsTLSFailed() async {
        let server = LoopbackServer { peer in
            peer.write(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
            while peer.readSome() != nil {}
        }
        defer { server.stop() }
        let tls = TLSConfiguration(verifiesPeer: false)
        #expect(await failure(ConnectionConfiguration(port: server.port, tls: tls))?.code == .tlsFailed)
    }

    @Test func unreadableAuthoritiesAreTLSFailed() async {
        let tls = TLSConfiguration(caFile: "/does/not/exist.pem")
        #expect(await failure(ConnectionConfiguration(port: 1, tls: tls))?.code == .tlsFailed)
    }

    @Test(arguments: [
        ConnectionConfiguration(host: ""), ConnectionConfiguration(port: 0), ConnectionConfiguration(password: "a\0b"),
        ConnectionConfiguration(virtualHost: String(repeating: "v", count: 256)),
        ConnectionConfiguration(frameMaximum: 1),
    ]) func unusableConfigurationIsRefused(configuration: ConnectionConfiguration) async {
        #expect(await failure(configuration)?.code == .invalidArgument)
    }

    @Test func withoutADescriptorForItsLoopAConnectionFailsAndMayBeTriedAgain() async {
        await #expect(processExitsWith: .success) {
            let home = try EventLoop(name: "home")
            try home.start()
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 3
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let connection = Connection(
                configuration: ConnectionConfiguration(port: 1, tls: TLSConfiguration(verifiesPeer: false)),
                loop: home,
                logger: Logger(label: "test"),
                delegate: nil
            )
            guard case .failure(let error) = await connection.start() else { exit(1) }
            exit(error.code == .outOfResources && error.isRetriable ? 0 : 2)
        }
    }

    @Test func connectionThatWasNeverStartedRefusesAndCloses() async {
        // Without a thread and descriptors there is nothing to test.
        // swift-format-ignore: NeverUseForceTry
        let connection = try! Connection(ConnectionConfiguration())
        #expect(await connection.publish(routingKey: "x").error?.code == .connectionClosed)
        await connection.close()
        guard case .failure = await connection.start() else {
            Issue.record("a closed connection was started")
            return
        }
    }
}
