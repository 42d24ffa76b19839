// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The rule that says which versions go together (`oslo_messaging._utils.version_is_compatible`).
public enum VersionCompatibility {
    /// Whether something implemented in one version serves a request of another.
    ///
    /// Both must have the same major number and the requested one must not be higher; numbers are compared as numbers.
    /// Who implements no particular version serves everything; who does serves no request without a version.
    ///
    /// - Parameters:
    ///   - implemented: the version cap of a client or the version of an endpoint.
    ///   - requested: the version of the message.
    /// - Throws: If both are given and one of them is not a version.
    public static func isCompatible(implemented: String?, requested: String?) throws(RPCVersionError) -> Bool {
        guard let implemented else { return true }
        guard let requested else { return false }
        return try RPCVersion(implemented).supports(RPCVersion(requested))
    }
}
