// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import Glibc
internal import HTTPServer
internal import Logging
internal import Observability
internal import ServiceLifecycle
internal import Threads

/// Runs the HTTP server, and ends it when the calls under way have ended.
struct HTTPService: Service {
    let gateway: HTTPGateway
    let server: HTTPServer
    /// For those who run the gateway; nil where they ask at the same addresses as everybody.
    let administration: HTTPServer?
    let settings: Settings
    let hasDemo: Bool
    /// Where sockets listen that the process was started with.
    let started: [BoundAddress]
    let logger: Logger

    func run() async throws {
        try start()
        announce()
        ProgramCode.release()
        try? await gracefulShutdown()
        logger.notice("shutting down", metadata: ["requests.in_flight": "\(gateway.inFlight)"])
        let deadline = Moment.now.advanced(by: settings.shutdownGrace)
        server.announceShutdown()
        gateway.beginGracefulShutdown()
        while gateway.inFlight > 0, Moment.now < deadline { try? await Task.sleep(for: .milliseconds(10)) }
        await stop(server, deadline: max(deadline, .now.advanced(by: .seconds(1))))
        // Last, so that the end can be watched.
        if let administration { await stop(administration, deadline: .now.advanced(by: .seconds(1))) }
        await gateway.closeNotifications(deadline: .now.advanced(by: .seconds(5)))
        logger.notice("HTTP server stopped")
    }

    /// Starts both servers or none.
    private func start() throws {
        try server.start()
        do {
            try administration?.start()
        } catch {
            server.shutdown(deadline: .now)
            throw error
        }
    }

    /// Stopping blocks, so it is done on a thread of its own.
    private func stop(_ server: HTTPServer, deadline: Moment) async {
        await withCheckedContinuation { continuation in
            let stop: @Sendable () -> Void = {
                server.shutdown(deadline: min(deadline, .now.advanced(by: .seconds(2))))
                continuation.resume()
            }
            // If there is no thread to be had this one waits; nothing else is left to do by then.
            do throws(OutOfResources) { _ = try OwnedThread(name: "http-stop", stop) } catch { stop() }
        }
    }

    /// Says on standard output where it listens; scripts wait for this line.
    private func announce() {
        let isSecure = settings.tls.isOn
        for address in server.boundAddresses { print("listening on \(address.text(overTLS: isSecure))") }
        for address in administration?.boundAddresses ?? [] {
            print("administration on \(address.text(overTLS: isSecure))")
        }
        if hasDemo, let address = server.boundAddresses.first { print(Self.examples(address, isSecure)) }
        fflush(nil)
        let missing = settings.openDoors(started).map(\.name).joined(separator: ", ")
        if !missing.isEmpty {
            logger.warning(
                "others than this machine are served as http.insecure says",
                metadata: ["without": "\(missing)"]
            )
        }
        let addresses = server.boundAddresses.map { $0.text(overTLS: isSecure) }.joined(separator: ", ")
        logger.notice(
            "serving",
            metadata: ["http.address": "\(addresses)", "transport": "\(settings.transport.redactedURL)"]
        )
    }

    private static func examples(_ address: BoundAddress, _ isSecure: Bool) -> String {
        let base =
            switch address {
            case .tcp: address.text(overTLS: isSecure)
            case .unix(let path): "--unix-socket \(path) http://localhost"
            }
        return """
            The demo service is inside. Try, in another terminal:
              curl --json '{"a": 1, "b": 2}' \(base)/demo/local/add
              curl --json '{"value": {"n": 12345678901234567890, "x": 1.0}}' \(base)/demo/echo
              curl -i --json '{"kind": "not_found"}' \(base)/demo/local/fail
            """
    }
}
