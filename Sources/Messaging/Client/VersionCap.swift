// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

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
