// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension Policy {
    /// Reads a file of rules: a YAML list with one mapping a rule, of `allow` or `deny` with its targets, and what it applies to.
    ///
    /// - Throws: everything that is wrong, with lines and fields.
    public init(file: [UInt8]) throws(AccessFileError) {
        var reading = AccessFileReading()
        var rules: [PolicyRule] = []
        for entry in try AccessFile.list(file) {
            if let rule = Self.rule(entry, &reading) { rules.append(rule) }
        }
        try reading.end()
        self.init(rules)
    }

    private static let fields = [
        "allow", "deny", "principals", "roles", "addresses", "exchanges", "namespaces", "versions", "modes", "rights",
    ]

    private static func rule(_ entry: AccessFile.Item, _ reading: inout AccessFileReading) -> PolicyRule? {
        guard var fields = reading.fields(of: entry, known: fields) else { return nil }
        guard fields.has("allow") != fields.has("deny") else {
            reading.note(entry.line, nil, "a rule has either allow or deny")
            return nil
        }
        var rule = PolicyRule(line: entry.line, allows: fields.has("allow"))
        let verb = rule.allows ? "allow" : "deny"
        rule.targets = reading.list(&fields, verb, allowed: TargetPattern.allowed, atLeastOne: true) {
            TargetPattern($0)
        }
        rule.principals = names(&fields, "principals", &reading)
        rule.roles = names(&fields, "roles", &reading)
        rule.exchanges = names(&fields, "exchanges", &reading)
        rule.namespaces = names(&fields, "namespaces", &reading)
        rule.versions = names(&fields, "versions", &reading)
        rule.addresses = reading.list(&fields, "addresses", allowed: PeerPattern.allowed, atLeastOne: true) {
            PeerPattern($0)
        }
        let modes = "one of " + AccessMode.allCases.map(\.rawValue).joined(separator: ", ")
        rule.modes = reading.list(&fields, "modes", allowed: modes, atLeastOne: true) { AccessMode(rawValue: $0) }
        if !rule.allows, fields.has("rights") {
            reading.note(entry.line, "rights", "has no meaning where a rule denies")
        }
        var rights = AccessRights()
        let added = reading.list(&fields, "rights", allowed: AccessRights.allowed) { rights.add($0) ? true : nil }
        if !added.isEmpty { rule.rights = rights }
        if rights.burst != nil, rights.rate == nil {
            reading.note(entry.line, "rights", "burst has no meaning without rate; give that as well")
        }
        return rule
    }

    private static func names(
        _ fields: inout AccessFileReading.Fields,
        _ name: String,
        _ reading: inout AccessFileReading
    ) -> [NamePattern] {
        reading.list(&fields, name, allowed: NamePattern.allowed, atLeastOne: true) { NamePattern($0) }
    }
}
