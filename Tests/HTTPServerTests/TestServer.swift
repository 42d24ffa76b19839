// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPServer
import Logging
import Testing
import Threads

/// A server on a free port, stopped at the end of the closure.
func withServer(
    _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
    _ body: (HTTPServer, TestHandler) throws -> Void
) throws {
    var configuration = configuration
    if configuration.listeners == [.tcp(port: 8080)] { configuration.listeners = [.tcp(port: 0)] }
    if configuration.maximumConnections == 16_384 { configuration.maximumConnections = 5_000 }
    let handler = TestHandler()
    let server = HTTPServer(
        configuration: configuration,
        handler: handler,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
    try server.start()
    defer { server.shutdown(deadline: .now) }
    try body(server, handler)
}

/// Waits until something other threads do has happened, five seconds at most.
func eventually(_ condition: () -> Bool) -> Bool {
    let limit = Moment.now + .seconds(5)
    while Moment.now < limit {
        if condition() { return true }
        usleep(2_000)
    }
    return condition()
}

extension HTTPServer {
    /// Whether a good request on a new connection is answered.
    func isServing(host: String = "a") throws -> Bool {
        let client = try RawClient(port: boundPort)
        defer { client.close() }
        client.send("POST /echo HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 2\r\n\r\nok")
        return client.receiveAnswer()?.body == "ok"
    }
}
