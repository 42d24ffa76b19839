// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import SeededRandom
import Testing

@testable import Access

struct PolicyTests {
    private static let ci = Principal(name: "ci", roles: ["builder", "reader"], source: .apiKey(id: "1"))
    private static let ops = Principal(name: "ops", source: .apiKey(id: "2"))

    private static func policy(_ lines: String...) throws -> Policy {
        try Policy(file: Array(lines.joined(separator: "\n").utf8))
    }

    private static func line(
        _ policy: Policy,
        _ request: AccessRequest,
        _ principal: Principal = ci,
        _ address: String = "192.0.2.1"
    ) -> String {
        let decision = policy.decide(request, of: principal, from: address)
        return (decision.allows ? "allow " : "deny ") + (decision.line.map { "\($0)" } ?? "-")
    }

    private static let reboot = AccessRequest(
        .call,
        topic: "nova",
        server: "cn1",
        method: "reboot",
        exchange: "openstack"
    )

    @Test(arguments: [
        ("unix", "unix:0", true), ("unix", "unix:1000", true), ("unix", "127.0.0.1", false), ("unix", "::1", false),
        ("unix", "unix", false), ("unix", "unix:", false), ("unix", "unix:-1", false), ("unix", "", false),
        ("unix:33", "unix:33", true), ("unix:33", "unix:3", false), ("unix:33", "unix:333", false),
        ("unix:33", "unix:033", false), ("unix:33", "10.0.0.33", false), ("10.0.0.0/8", "unix:33", false),
        ("0.0.0.0/0", "unix:33", false), ("[unix, 10.0.0.0/8]", "10.1.2.3", true),
        ("[unix, 10.0.0.0/8]", "unix:7", true),
        ("[unix:7, 10.0.0.0/8]", "unix:8", false),
    ]) func peersOfUnixSocketsAreNamed(_ pattern: String, _ peer: String, _ applies: Bool) throws {
        let text = pattern.hasPrefix("[") ? pattern.replacing("unix:7", with: "'unix:7'") : "'\(pattern)'"
        let policy = try Policy(file: Array("- {allow: '*/*/*', addresses: \(text)}".utf8))
        let decision = policy.decide(AccessRequest(.call, topic: "t"), of: Self.ci, from: peer)
        #expect(decision.allows == applies)
    }

    @Test(arguments: ["Unix", "unix:", "unix:a", "unix:-1", "unix:12345678901", "unix/33", "unix:33/8", "uni"])
    func whatIsNoPeerIsToldByItsLine(_ text: String) {
        let problem = #expect(throws: AccessFileError.self) {
            try Policy(file: Array("- {allow: '*/*/*', addresses: '\(text)'}".utf8))
        }
        let told = problem?.problems.map(\.description) ?? []
        #expect(told.count == 1 && told[0].hasPrefix("line 1: addresses:") && told[0].contains("unix"), "\(told)")
    }

    @Test func theFirstRuleThatAppliesDecides() throws {
        let policy = try Self.policy(
            "# rules",
            "- allow: nova/*/reboot",
            "  principals: ops",
            "- deny: nova/*/reboot",
            "- allow: nova/*/*"
        )
        #expect(Self.line(policy, Self.reboot, Self.ops) == "allow 2")
        #expect(Self.line(policy, Self.reboot) == "deny 4")
        var other = Self.reboot
        other.method = "status"
        #expect(Self.line(policy, other) == "allow 5")
        other.topic = "glance"
        #expect(Self.line(policy, other) == "deny -")
    }

    @Test func withoutRulesEverythingIsDenied() throws {
        #expect(Self.line(try Self.policy(""), Self.reboot) == "deny -")
        #expect(Self.line(try Self.policy("# none"), Self.reboot) == "deny -")
    }

    @Test(arguments: [
        ("allow: nova/cn1/reboot", true), ("allow: nova/cn?/reb*", true), ("allow: '*/*/*'", true),
        ("allow: [x/y/z, nova/cn1/reboot]", true), ("allow: nova/cn1/rebo", false), ("allow: ova/cn1/reboot", false),
        ("allow: nova/cn/reboot", false), ("allow: NOVA/cn1/reboot", false), ("allow: 'nova/[ab]n1/reboot'", false),
        ("allow: 'nova/[bc]n1/reboot'", true),
        ("allow: '*/*/*', principals: ci", true), ("allow: '*/*/*', principals: [ops, 'c*']", true),
        ("allow: '*/*/*', principals: ops", false), ("allow: '*/*/*', principals: c", false),
        ("allow: '*/*/*', roles: reader", true), ("allow: '*/*/*', roles: [x, 'build*']", true),
        ("allow: '*/*/*', roles: x", false),
        ("allow: '*/*/*', addresses: 192.0.2.0/24", true), ("allow: '*/*/*', addresses: [10.0.0.0/8, 192.0.2.1]", true),
        ("allow: '*/*/*', addresses: 192.0.2.2", false), ("allow: '*/*/*', addresses: '::/0'", true),
        ("allow: '*/*/*', addresses: '::ffff:192.0.2.0/120'", true),
        ("allow: '*/*/*', addresses: '2001:db8::/32'", false),
        ("allow: '*/*/*', exchanges: openstack", true), ("allow: '*/*/*', exchanges: nova", false),
        ("allow: '*/*/*', exchanges: '-'", false),
        ("allow: '*/*/*', namespaces: '-'", true), ("allow: '*/*/*', namespaces: '*'", true),
        ("allow: '*/*/*', namespaces: baseapi", false), ("allow: '*/*/*', versions: '-'", true),
        ("allow: '*/*/*', versions: '1.*'", false), ("allow: '*/*/*', modes: [cast, call]", true),
        ("allow: '*/*/*', modes: cast", false),
    ]) func everyPartOfARuleHasToApply(_ rule: String, _ applies: Bool) throws {
        let policy = try Self.policy("- {\(rule)}")
        #expect(Self.line(policy, Self.reboot) == (applies ? "allow 1" : "deny -"))
    }

    @Test func namesAreBytes() throws {
        let policy = try Self.policy("- {allow: \"caf\u{e9}/*/*\"}")
        #expect(Self.line(policy, AccessRequest(.call, topic: "caf\u{e9}", method: "m")) == "allow 1")
        #expect(Self.line(policy, AccessRequest(.call, topic: "cafe\u{301}", method: "m")) == "deny -")
    }

    @Test func aSlashInANameIsNoBorder() throws {
        let policy = try Self.policy("- {allow: nova/cn1/reboot}")
        #expect(Self.line(policy, AccessRequest(.call, topic: "nova/cn1", server: "reboot")) == "deny -")
        #expect(Self.line(policy, AccessRequest(.call, topic: "nova", server: "cn1/reboot", method: "")) == "deny -")
    }

    @Test(arguments: [
        ("nova", "cn1", "deny 1"), ("nova.cn1", "-", "deny 1"), ("nova", "cn2", "allow 2"),
        ("nova.cn2", "-", "allow 2"),
        ("a.b", "c.d", "deny 3"), ("a.b.c.d", "-", "deny 3"), ("a", "b.c.d", "allow 4"), ("a.b.c", "d", "deny 3"),
        ("a.b.c", "e", "allow 4"), ("nova", "*", "allow 4"), (String(repeating: "x.", count: 20), "-", "deny -"),
    ]) func aTopicWithDotsIsNoWayRoundADeniedServer(_ topic: String, _ server: String, _ expected: String) throws {
        let policy = try Self.policy(
            "- {deny: nova/cn1/reboot}",
            "- {allow: ['nova/cn2/*', 'nova.cn2/*/*']}",
            "- {deny: a.b/c.d/*}",
            "- {allow: '*/*/*'}"
        )
        let mode = server == "*" ? AccessMode.fanout : .call
        let request = AccessRequest(mode, topic: Name(topic), server: Name(server), method: "reboot")
        #expect(Self.line(policy, request) == expected)
    }

    @Test func aDenialBehindTheRuleThatAllowsDoesNotMatter() throws {
        let policy = try Self.policy("- {allow: nova.cn1/*/*}", "- {allow: nova/cn1/*}", "- {deny: '*/*/*'}")
        #expect(Self.line(policy, AccessRequest(.call, topic: "nova.cn1", method: "m")) == "allow 1")
        #expect(Self.line(policy, AccessRequest(.call, topic: "nova", server: "cn1", method: "m")) == "allow 2")
        #expect(Self.line(policy, AccessRequest(.call, topic: "nova.cn2", method: "m")) == "deny 3")
    }

    @Test func namesThatNoPatternIsComparedWithAreDenied() throws {
        let policy = try Self.policy("- {deny: '*/*/delete*'}", "- {allow: '*/*/*'}")
        let method = Name("delete" + String(repeating: "a", count: 1_024))
        #expect(Self.line(policy, AccessRequest(.call, topic: "t", method: method)) == "deny -")
    }

    @Test func rightsAreThoseOfTheRule() throws {
        let policy = try Self.policy(
            "- {allow: a/*/*, rights: [context, timeout:60]}",
            "- {allow: b/*/*, rights: [headers, rate:10, burst:20, inFlight:3, body:0]}",
            "- {allow: c/*/*}"
        )
        func rights(_ topic: Name) -> AccessRights {
            policy.decide(AccessRequest(.call, topic: topic), of: Self.ci, from: "").rights
        }
        #expect(rights("a") == AccessRights(context: true, longestTimeout: 60))
        #expect(rights("b") == AccessRights(headers: true, rate: 10, burst: 20, inFlight: 3, bodyBytes: 0))
        #expect(rights("c") == AccessRights())
        #expect(rights("d") == AccessRights())
    }

    @Test func ofTenThousandRulesAFewAreLookedAt() throws {
        let lines = (0..<9_999).map { number in
            switch number % 5 {
            case 0: "- {allow: topic-\(number)/*/*}"
            case 1: "- {allow: nova/*/method_\(number)}"
            case 2: "- {deny: '*/*/method_\(number)', principals: [ci, ops]}"
            case 3: "- {allow: '*/*/*', principals: client-\(number)}"
            default:
                "- {allow: topic-\(number)/cn*/method_\(number), principals: client-\(number), modes: [call, cast]}"
            }
        }
        let policy = try Policy(file: Array((lines + ["- {deny: '*/*/*'}"]).joined(separator: "\n").utf8))
        #expect(policy.count == 10_000)
        for number in 0..<5 {
            let (topic, method) = (Name("topic-\(9_000 + number)"), Name("method_\(9_000 + number)"))
            let principal = Principal(name: Name("client-\(9_000 + number)"), source: .nothing)
            for request in [
                AccessRequest(.call, topic: topic, method: method), AccessRequest(.call, topic: "nova", method: method),
            ] {
                #expect(policy.candidates(request, of: principal) <= 4)
            }
        }
        let last = AccessRequest(.call, topic: "topic-9999", method: "m")
        #expect(Self.line(policy, last) == "deny 10000")
        #expect(Self.line(policy, AccessRequest(.call, topic: "topic-9995", method: "m")) == "allow 9996")
    }

    @Test func everyProblemIsToldWithLineAndField() {
        func problems(_ lines: String...) -> [String] {
            do {
                _ = try Policy(file: Array(lines.joined(separator: "\n").utf8))
                return []
            } catch { return error.problems.map(\.description) }
        }
        let found = problems(
            "- {allow: nova/cn1}",
            "- {allow: a/b/c, deny: a/b/c}",
            "- {principals: ci}",
            "- {allow: a/b/c, principals: []}",
            "- {allow: a/b/c, addresses: 10.0.0.1/8}",
            "- {allow: a/b/c, modes: [call, shout]}",
            "- {deny: a/b/c, rights: context}",
            "- {allow: a/b/c, rights: [timeout:0]}",
            "- {allow: a//c}",
            "- {allow: a/b/c, role: x}",
            "- {allow: a/b/c, rights: [rate:0]}",
            "- {allow: a/b/c, rights: [burst:5]}"
        )
        let target = "has to be topic/server/method, such as nova/*/reboot, each part a name or a pattern"
        let modes = AccessMode.allCases.map(\.rawValue).joined(separator: ", ")
        let fields = "allow, deny, principals, roles, addresses, exchanges, namespaces, versions, modes, rights"
        let expected = [
            "line 1: allow: \(target)", "line 2: a rule has either allow or deny",
            "line 3: a rule has either allow or deny",
            "line 4: principals: is empty; leave it out where it does not matter",
            "line 5: addresses: has to be \(PeerPattern.allowed)", "line 6: modes: has to be one of \(modes)",
            "line 7: rights: has no meaning where a rule denies", "line 8: rights: has to be \(AccessRights.allowed)",
            "line 9: allow: \(target)", "line 10: unknown field; known are \(fields)",
            "line 11: rights: has to be \(AccessRights.allowed)",
            "line 12: rights: burst has no meaning without rate; give that as well",
        ]
        #expect(found == expected)
    }
}

/// Random rules and requests of few names, so that many rules apply to a request.
struct PolicyPropertyTests {
    private var numbers = SeededRandom(seed: 7)

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(numbers.next() % UInt64(values.count))] }

    private mutating func some(_ values: [String], _ most: Int = 2) -> [NamePattern] {
        guard numbers.next() % 3 == 0 else { return [] }
        return (0...Int(numbers.next() % UInt64(most))).compactMap { _ in NamePattern(pick(values)) }
    }

    private static let topics = ["nova", "nov?", "*", "glance", "n*"]
    private static let methods = ["reboot", "re*", "*", "status"]
    private static let names = ["ci", "c*", "ops", "*", "anonymous"]

    private mutating func rule(_ number: Int) throws -> PolicyRule {
        var rule = PolicyRule(line: number + 1, allows: numbers.next() % 2 == 0)
        for _ in 0..<(1 + numbers.next() % 3) {
            let target = "\(pick(Self.topics))/\(pick(["cn1", "*", "-"]))/\(pick(Self.methods))"
            rule.targets.append(try #require(TargetPattern(target)))
        }
        rule.principals = some(Self.names)
        rule.roles = some(["builder", "r*"])
        rule.exchanges = some(["openstack", "-", "o*"])
        rule.namespaces = some(["-", "base", "b*"])
        rule.versions = some(["-", "1.*", "1.0"])
        if numbers.next() % 4 == 0 {
            rule.addresses = [try #require(PeerPattern(pick(["10.0.0.0/8", "::1", "10.1.0.0/16", "unix", "unix:33"])))]
        }
        if numbers.next() % 3 == 0 { rule.modes = [pick(AccessMode.allCases), pick(AccessMode.allCases)] }
        rule.rights.context = numbers.next() % 2 == 0
        return rule
    }

    private mutating func request() -> AccessRequest {
        AccessRequest(
            pick(AccessMode.allCases),
            topic: pick(["nova", "novb", "glance", "x"]),
            server: pick(["cn1", "-", "*"]),
            method: pick(["reboot", "status", "reset"]),
            exchange: pick([nil, "openstack", "x"]),
            namespace: pick([nil, "base", "-"]),
            version: pick([nil, "1.0", "1.1"])
        )
    }

    /// The plain reading: one rule after the other.
    private static func read(
        _ rules: [PolicyRule],
        _ request: AccessRequest,
        _ principal: Principal,
        _ address: String
    ) -> PolicyRule? {
        rules.first { $0.applies(to: request, of: principal, from: PeerAddress(address)) }
    }

    @Test func decisionsAreThoseOfThePlainReading() throws {
        var copy = self
        try copy.compare()
    }

    private mutating func compare() throws {
        let principals = [
            Principal(name: "ci", roles: ["builder"], source: .nothing), Principal(name: "ops", source: .nothing),
            Principal(name: "cx", roles: ["reader", "x"], source: .nothing), .anonymous,
        ]
        var decided = (allowed: 0, denied: 0, none: 0)
        for count in [0, 1, 3, 10, 40] + Array(repeating: 12, count: 150) {
            var rules: [PolicyRule] = []
            for number in 0..<count { rules.append(try rule(number)) }
            let policy = Policy(rules)
            for _ in 0..<60 {
                let (request, principal) = (request(), pick(principals))
                let address = pick([
                    "10.0.0.1", "10.1.2.3", "::1", "::ffff:10.0.0.9", "fe80::1", "", "unix:33", "unix:0",
                ])
                let expected = Self.read(rules, request, principal, address)
                let decision = policy.decide(request, of: principal, from: address)
                #expect(decision.line == expected?.line)
                #expect(decision.allows == expected?.allows ?? false)
                #expect(decision.rights == (expected.map { $0.allows ? $0.rights : AccessRights() } ?? AccessRights()))
                if expected == nil {
                    decided.none += 1
                } else if decision.allows {
                    decided.allowed += 1
                } else {
                    decided.denied += 1
                }
            }
        }
        // What is compared has all three outcomes, each of them often.
        #expect(decided.allowed > 1_000 && decided.denied > 1_000 && decided.none > 1_000)
    }
}

struct NetworkRangeTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "1.2.3.4", true),
        ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "1.2.3.4", true), ("192.0.2.7", "192.0.2.7", true),
        ("192.0.2.7", "192.0.2.6", false), ("192.0.2.7/32", "::ffff:192.0.2.7", true),
        ("2001:db8::/32", "2001:db8:1::1", true),
        ("2001:db8::/32", "2001:db9::1", false), ("2001:db8::/64", "2001:db8:0:0:ffff::1", true),
        ("2001:db8::/65", "2001:db8:0:0:8000::1", false), ("::1", "::1", true), ("::1", "::2", false),
    ]) func rangesHoldAddresses(_ range: String, _ address: String, _ isInside: Bool) throws {
        let parsed = try #require(NetworkAddress(address))
        #expect(try #require(NetworkRange(range)).contains(parsed) == isInside)
    }

    @Test(arguments: [
        "", "10", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.1/8", "10.0.0.0/8/8", "2001:db8::/129",
        "2001:db8::1/32",
        "localhost", "10.0.0.0/+8", "1.2.3", "::ffff:1.2.3.4/95",
    ]) func otherTextsAreNone(_ text: String) { #expect(NetworkRange(text) == nil) }
}
