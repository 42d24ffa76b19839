// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Gateway
internal import HTTPServer
internal import Messaging
internal import Names
internal import Observability
internal import Threads

extension MetricsRegistry {
    /// Shows what the parts of the gateway hold at present.
    func addGatewayMetrics(
        _ gateway: HTTPGateway,
        _ driver: any Driver,
        _ server: HTTPServer,
        _ administration: HTTPServer?
    ) {
        describe("http.server.request.duration", "Time from a call's arrival to its answer, in seconds.")
        describe("http.server.requests.rejected", "Requests that did not become a call, by reason.")
        gauge("rpc.requests.in_flight", "Calls and casts under way.") { Double(gateway.inFlight) }
        gauge("rpc.calls.waiting", "Calls that wait for their reply.") { Double(driver.status.waitingCalls) }
        gauge("http.server.connections", "Open HTTP connections.") { Double(server.statistics.connections) }
        gauge("http.server.streams", "Answers that are written bit by bit.") { Double(server.statistics.streams) }
        gauge("notifications.listeners", "Streams of notifications.") { Double(gateway.notificationListeners) }
        counter("http.server.connections.refused", "HTTP connections refused at a limit.") {
            Double(server.statistics.refusedConnections)
        }
        counter("http.server.connections.replaced", "Idle HTTP connections closed to make room for others.") {
            Double(server.statistics.replacedConnections)
        }
        let servers = [server] + (administration.map { [$0] } ?? [])
        counter("http.server.tls.handshakes", "TLS handshakes that were done.") {
            Double(servers.reduce(0) { $0 + $1.statistics.handshakes })
        }
        counter("http.server.tls.handshakes.failed", "TLS handshakes that were refused or broken off.") {
            Double(servers.reduce(0) { $0 + $1.statistics.failedHandshakes })
        }
        if let administration { addAdministrationMetrics(administration) }
        gauges("http.server.certificate.expiry.timestamp_seconds", "When a certificate ends, in seconds since 1970.") {
            (server.currentTLS?.ends ?? []).enumerated().map { ([("certificate", "\($0 + 1)")], Double($1)) }
        }
        gauge("broker.connected", "1 while replies can be received, else 0.") { gateway.receivesReplies ? 1 : 0 }
        gauge("broker.blocked", "1 while the broker blocks publishers, else 0.") {
            driver.status.blockedReason == nil ? 0 : 1
        }
        gauges("auth.key.last_use.timestamp_seconds", "When a key was used last, in seconds since 1970.") {
            (gateway.access?.authenticator.keys?.uses ?? []).map { use in
                ([("principal", use.name.text), ("key", use.id)], Double(use.lastUse))
            }
        }
        gauges("auth.issuer.keys.age_seconds", "Time since the keys of an issuer were got from its address.") {
            let (issuers, now) = (gateway.access?.authenticator.issuers?.issuers ?? [], Moment.now)
            return issuers.compactMap { issuer in
                issuer.keys.age(at: now).map { ([("issuer", issuer.name.text)], Double($0.components.seconds)) }
            }
        }
        gauges("auth.issuer.keys.failed_fetches", "Attempts to get the keys of an issuer that failed.") {
            let issuers = gateway.access?.authenticator.issuers?.issuers ?? []
            return issuers.filter { $0.keys.address != nil }.map { issuer in
                ([("issuer", issuer.name.text)], Double(issuer.keys.failedFetches))
            }
        }
        gauge("auth.tokens.remembered", "Tokens whose proof is remembered.") {
            Double(gateway.access?.authenticator.issuers?.remembered ?? 0)
        }
        gauge("pool.connections", "Open connections that publish.") { Double(driver.status.sendConnections.open) }
        gauge("pool.leases", "Publishes under way.") { Double(driver.status.sendConnections.leases) }
        gauge("pool.requests.waiting", "Requests that wait for a connection.") {
            Double(driver.status.sendConnections.waiting)
        }
    }

    /// Shows what the server for administration holds, whose places are its own.
    private func addAdministrationMetrics(_ server: HTTPServer) {
        gauge("http.server.admin.connections", "Open HTTP connections of http.admin.listen.") {
            Double(server.statistics.connections)
        }
        counter("http.server.admin.connections.refused", "HTTP connections of http.admin.listen refused at a limit.") {
            Double(server.statistics.refusedConnections)
        }
        counter(
            "http.server.admin.connections.replaced",
            "Idle HTTP connections of http.admin.listen closed to make room for others."
        ) {
            Double(server.statistics.replacedConnections)
        }
    }
}
