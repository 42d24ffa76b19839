// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import HTTPServer

extension SettingsTable {
    /// The HTTP server.
    static let http: [Setting] = [
        .addresses(
            "http.listen",
            \.listen.addresses,
            "Where the gateway listens; port 0 takes a free one"
        ).option("--listen"),
        .mode("http.unix.mode", \.listen.mode, "Who may connect to the Unix sockets of http.listen"),
        .addresses(
            "http.admin.listen",
            \.listen.administration,
            mayBeNone: true,
            "Where metrics, /-/info, /-/in-flight and /-/log-level are served, and no calls; none serves them at http.listen"
        ),
        .mode(
            "http.admin.unix.mode",
            \.listen.administrationMode,
            "Who may connect to the Unix sockets of http.admin.listen"
        ),
        .custom(
            "http.hosts",
            \.http.answeredHosts,
            type: "hosts",
            allowed: "auto, or names and addresses without port, with commas between them, IPv6 in brackets",
            "Hosts that requests may be for, besides localhost on a loopback address; auto elsewhere allows all"
        ) {
            $0 == "auto" ? [] : HostList.parse($0)
        } text: {
            $0.isEmpty ? "auto" : $0.joined(separator: ", ")
        },
        .boolean(
            "http.insecure",
            \.servesInsecurely,
            "Serve other machines without authentication or TLS, as behind a proxy that has both"
        ),
        .integer("http.loops", \.http.loopCount, 1...16, "Threads that serve HTTP connections"),
        .integer(
            "http.maxConnections",
            \.http.maximumConnections,
            1...1_000_000,
            "Connections at the same time; for one more an idle one is closed"
        ),
        .integer(
            "http.maxConnectionsPerAddress",
            \.http.maximumConnectionsPerAddress,
            0...1_000_000,
            "Connections at the same time from one address, of IPv6 from one network of 64 bits; 0 is no limit"
        ),
        .integer(
            "http.maxHeadBytes",
            \.http.maximumHeadBytes,
            4096...262_144,
            "Bytes of the request line and all fields"
        ),
        .integer(
            "http.maxResponseHeadBytes",
            \.http.maximumResponseHeadBytes,
            2048...262_144,
            "Bytes of an answer's status line and fields; every connection has memory for them"
        ),
        .integer(
            "http.maxBodyBytes",
            \.http.maximumBodyBytes,
            1...536_870_912,
            "Bytes of a request's body"
        ),
        .milliseconds(
            "http.idleTimeoutMs",
            \.http.idleTimeout,
            1000...longest,
            "How long a kept-alive connection may be silent between requests"
        ),
        .milliseconds(
            "http.readTimeoutMs",
            \.http.readTimeout,
            100...longest,
            "How long a request may take to arrive"
        ),
        .list(
            "http.cors.origins",
            \.gateway.crossOrigin.origins,
            allowed: PageOrigin.allowed,
            "Origins other than the gateway's own whose pages may use it (CORS)"
        ) {
            PageOrigin($0)
        } text: {
            $0.text
        }.reloadable(),
        .boolean(
            "http.cors.credentials",
            \.gateway.crossOrigin.credentials,
            "Let browsers send credentials of their own, such as client certificates, for these pages"
        ).reloadable(),
    ]
}
