// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How a client calls, apart from where to.
public struct RPCClientConfiguration: Sendable {
    /// How long a call waits for its reply (`rpc_response_timeout`, 60 s); positive.
    public var timeout: Duration
    /// How long to wait between two heartbeats of a working server, at least two seconds; nil asks for none.
    public var callMonitorTimeout: Duration?
    /// The highest version that may be sent (`version_cap`); nil allows all.
    public var versionCap: String?
    /// Failed attempts to reach a broker that are tolerated: nil or -1 for ever (within the timeout), 0 none, N of them.
    public var retry: Int?

    /// Servers beat every half of the time, and no more often than every second.
    static let minimumCallMonitorTimeout = Duration.seconds(2)

    /// Makes a configuration; the defaults are those of oslo.messaging.
    public init(
        timeout: Duration = .seconds(60),
        callMonitorTimeout: Duration? = nil,
        versionCap: String? = nil,
        retry: Int? = nil
    ) {
        self.timeout = timeout
        self.callMonitorTimeout = callMonitorTimeout
        self.versionCap = versionCap
        self.retry = retry
    }
}
