// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

extension KeyTable {
    /// Reads a keys file: a YAML list with one mapping a key, of `name`, `sha256`, and where they are wanted `roles`,
    /// `expires`, and for services `user`, `project` and `domain`, and the principal's own
    /// `limits`.
    ///
    /// Several keys may have one name. An empty file has no keys.
    ///
    /// - Parameters:
    ///   - file: The bytes of the file.
    ///   - earlier: The table before this one, whose keys keep the time of their last use.
    /// - Throws: everything that is wrong, with lines and fields; no key is repeated.
    public init(file: [UInt8], after earlier: KeyTable? = nil) throws(AccessFileError) {
        var reading = AccessFileReading()
        var keys: [(digest: KeyDigest, principal: Principal, expiry: Int64?)] = []
        // The line on which each digest stands first.
        var seen: [KeyDigest: Int] = [:]
        // The limits of each name, with the line on which they stand first.
        var limits: [Name: (limits: PrincipalLimits?, line: Int)] = [:]
        for entry in try AccessFile.list(file) {
            guard let key = Self.key(entry, &reading) else { continue }
            if let line = seen.updateValue(entry.line, forKey: key.digest) {
                reading.note(entry.line, "sha256", "is the one of line \(line); each key stands once")
            }
            let first = limits[key.principal.name] ?? (key.principal.limits, entry.line)
            if first.limits != key.principal.limits {
                reading.note(
                    entry.line,
                    "limits",
                    "are others than on line \(first.line); keys of one name have the same"
                )
            }
            limits[key.principal.name] = first
            keys.append(key)
        }
        try reading.end()
        self.init(keys, after: earlier)
    }

    private static let fields = ["name", "sha256", "roles", "expires", "user", "project", "domain", "limits"]

    private static func key(
        _ entry: AccessFile.Item,
        _ reading: inout AccessFileReading
    ) -> (digest: KeyDigest, principal: Principal, expiry: Int64?)? {
        guard var fields = reading.fields(of: entry, known: fields) else { return nil }
        let name = reading.required(&fields, "name", allowed: AccessName.allowed) { AccessName.read($0) }
        let allowed = "64 hexadecimal digits, the SHA-256 of the key; rpc-gateway keys new prints them"
        let digest = reading.required(&fields, "sha256", allowed: allowed) { KeyDigest(hexadecimal: $0) }
        let expiry = reading.optional(&fields, "expires", allowed: UTCTime.allowed) { UTCTime($0) }
        let roles = reading.list(&fields, "roles", allowed: AccessName.allowed) { AccessName.read($0) }
        var attributes: [PrincipalAttribute: Name] = [:]
        for (field, attribute) in PrincipalAttribute.written {
            attributes[attribute] = reading.optional(&fields, field, allowed: PrincipalAttribute.allowed) {
                PrincipalAttribute.read($0)
            }
        }
        let limits = limits(&fields, entry.line, &reading)
        guard let name, let digest else { return nil }
        guard Principal.canBeNamed(name.text) else {
            reading.note(entry.line, "name", "cannot be \(name), which is whoever brings no credential")
            return nil
        }
        let principal = Principal(
            name: name,
            roles: roles,
            attributes: attributes,
            source: .apiKey(id: digest.id),
            proof: .key(digest),
            limits: limits
        )
        return (digest, principal, expiry?.seconds)
    }

    private static func limits(
        _ fields: inout AccessFileReading.Fields,
        _ line: Int,
        _ reading: inout AccessFileReading
    ) -> PrincipalLimits? {
        var limits = PrincipalLimits()
        let added = reading.list(&fields, "limits", allowed: PrincipalLimits.allowed) { limits.add($0) ? true : nil }
        if limits.burst != nil, limits.rate == nil {
            reading.note(line, "limits", "burst has no meaning without rate; give that as well")
        }
        return added.isEmpty ? nil : limits
    }
}
