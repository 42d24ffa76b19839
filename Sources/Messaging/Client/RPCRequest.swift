// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// One call or cast as a driver gets it: everything that the wire needs except the driver's own identifiers.
public struct RPCRequest: Sendable {
    /// Where it goes.
    public var target: Target
    /// The method's name.
    public var method: String
    /// The keyword arguments, a JSON object.
    public var arguments: JSONText
    /// The request context.
    public var context: RequestContext
    /// The moment after which nobody waits any more; connecting and publishing count against it.
    public var deadline: Moment
    /// The time that the whole request has, from which the deadline was made; for messages to people.
    public var timeout: Duration
    /// How long to wait between two heartbeats of the server (`call_monitor_timeout`); nil asks for none.
    public var callMonitorTimeout: Duration?
    /// How many failed attempts to reach a broker are tolerated: nil or -1 for any number (until the deadline), 0 for
    /// none.
    public var retry: Int?
    /// Whether a call to a queue without consumers fails at once instead of running into its timeout.
    public var checksConsumers = true

    /// Makes a request whose deadline is `timeout` from `now`.
    public init(
        target: Target,
        method: String,
        arguments: JSONText = .emptyObject,
        context: RequestContext = RequestContext(),
        timeout: Duration,
        now: Moment = .now,
        callMonitorTimeout: Duration? = nil,
        retry: Int? = nil
    ) {
        self.target = target
        self.method = method
        self.arguments = arguments
        self.context = context
        self.timeout = timeout
        deadline = now.advanced(by: timeout)
        self.callMonitorTimeout = callMonitorTimeout
        self.retry = retry
    }
}
