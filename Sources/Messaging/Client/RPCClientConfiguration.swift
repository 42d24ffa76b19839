// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How a client calls, whatever the target.
public struct RPCClientConfiguration: Sendable {
    /// How long a call waits for its reply (`rpc_response_timeout`, 60 s); positive.
    public var timeout: Duration
    /// How long to wait between two heartbeats of a working server, at least two seconds; nil asks for none.
    public var callMonitorTimeout: Duration?
    /// The highest version that may be sent (`version_cap`); nil allows all.
    public var versionCap: String?
    /// How many failed attempts to reach a broker are tolerated: nil or -1 for any number (within the timeout), 0 for
    /// none.
    public var retry: Int?

    /// Servers beat at half of this interval, and no more often than every second.
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

/// The version cap of a client (`RPCVersionCapError` in oslo.messaging).
public enum VersionCap {
    /// Whether a message of this version may be sent under a cap; without a cap everything may.
    public static func allows(_ version: String?, cap: String?) -> Bool {
        (try? VersionCompatibility.isCompatible(implemented: cap, requested: version)) ?? false
    }

    /// Checks a version against a cap.
    ///
    /// - Throws: `versionCapExceeded`, naming both.
    public static func check(_ version: String?, cap: String?) throws(MessagingError) {
        guard let cap, !allows(version, cap: cap) else { return }
        let requested = version ?? "(none)"
        throw MessagingError(.versionCapExceeded, "version: \(requested) cannot be sent, the cap is \(cap)")
    }

    /// Checks that a version has the form `major.minor` or `major.minor.revision`.
    ///
    /// - Throws: `invalidRequest`, naming the field and the fix.
    public static func checkForm(_ version: String?) throws(MessagingError) {
        guard let version else { return }
        let parts = version.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let areNumbers = parts.allSatisfy {
            !$0.isEmpty && $0.allSatisfy { 0x30...0x39 ~= $0 } && $0.count < 10
        }
        guard (2...4).contains(parts.count), areNumbers else {
            throw MessagingError(.invalidRequest, "version: \"\(version)\" is not of the form 1.0 or 1.0.0")
        }
    }
}
