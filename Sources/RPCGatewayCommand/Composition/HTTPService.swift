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
    let settings: Settings
    let hasDemo: Bool
    let logger: Logger

    func run() async throws {
        try server.start()
        announce()
        ProgramCode.release()
        try? await gracefulShutdown()
        logger.notice("shutting down", metadata: ["requests.in_flight": "\(gateway.inFlight)"])
        let deadline = Moment.now.advanced(by: settings.shutdownGrace)
        server.announceShutdown()
        gateway.beginGracefulShutdown()
        while gateway.inFlight > 0, Moment.now < deadline { try? await Task.sleep(for: .milliseconds(10)) }
        await stop(deadline: max(deadline, .now.advanced(by: .seconds(1))))
        await gateway.closeNotifications(deadline: .now.advanced(by: .seconds(5)))
        logger.notice("HTTP server stopped")
    }

    /// Stopping blocks, so it is done on a thread of its own.
    private func stop(deadline: Moment) async {
        await withCheckedContinuation { continuation in
            let server = server
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
        let host = server.boundAddress.contains(":") ? "[\(server.boundAddress)]" : server.boundAddress
        let base = "http://\(host):\(server.boundPort)"
        print("listening on \(base)")
        if hasDemo { print(Self.examples(base)) }
        fflush(nil)
        let missing = settings.openDoors.map(\.name).joined(separator: ", ")
        if !missing.isEmpty {
            logger.warning(
                "others than this machine are served as http.insecure says",
                metadata: ["without": "\(missing)"]
            )
        }
        logger.notice(
            "serving",
            metadata: ["http.address": "\(base)", "transport": "\(settings.transport.redactedURL)"]
        )
    }

    private static func examples(_ base: String) -> String {
        """
        The demo service is inside. Try, in another terminal:
          curl --json '{"a": 1, "b": 2}' \(base)/demo/local/add
          curl --json '{"value": {"n": 12345678901234567890, "x": 1.0}}' \(base)/demo/echo
          curl -i --json '{"kind": "not_found"}' \(base)/demo/local/fail
        """
    }
}
