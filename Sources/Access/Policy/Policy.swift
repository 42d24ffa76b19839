// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// What the rules say of a request.
public struct PolicyDecision: Sendable, Equatable {
    /// Whether it is allowed.
    public let allows: Bool
    /// What it may have besides; nothing where it is denied.
    public let rights: AccessRights
    /// The number of the rule, from 1; nil where none applies, which denies.
    public let rule: Int?
    /// The line of the file on which the rule begins.
    public let line: Int?
}

/// Rules in their order, of which the first one that applies decides; where none does, a request is denied.
///
/// Rules are found by what is literal in them: by topic, method and principal, as far as a rule names them. So a decision looks at
/// few of many rules, unless they have nothing but patterns.
public struct Policy: Sendable {
    /// The literal names of a rule; nil where it takes others.
    private struct Key: Hashable, Sendable {
        var topic: Name?
        var method: Name?
        var principal: Name?

        var shape: Int { (topic == nil ? 0 : 1) | (method == nil ? 0 : 2) | (principal == nil ? 0 : 4) }
    }

    private let rules: [PolicyRule]
    /// The rules by their literal names, in their order.
    private let index: [Key: [Int]]
    /// Which names rules have, in all combinations that there are.
    private let shapes: [Int]
    private let denies: Bool

    init(_ rules: [PolicyRule]) {
        self.rules = rules
        denies = rules.contains { !$0.allows }
        var index: [Key: [Int]] = [:]
        for (number, rule) in rules.enumerated() {
            for key in Set(Self.keys(rule)) { index[key, default: []].append(number) }
        }
        self.index = index
        shapes = Set(index.keys.map(\.shape)).sorted()
    }

    /// How many rules there are.
    public var count: Int { rules.count }

    /// Decides.
    ///
    /// A server's queue is called `topic.server`: a topic `nova.cn1` is the server `cn1` of `nova`, too. So a topic with dots is
    /// denied what a rule before the one that allows it denies to such a server.
    ///
    /// - Parameter address: The numeric address of the peer, or `unix:` and the number of its user.
    public func decide(_ request: AccessRequest, of principal: Principal, from address: String) -> PolicyDecision {
        guard !request.hasLongNames else { return Self.denial }
        let decision = first(request, principal, address)
        guard denies, let allowing = decision.rule, decision.allows else { return decision }
        let others = request.otherReadings
        guard others.count <= Self.mostReadings else { return Self.denial }
        for other in others {
            let reading = first(other, principal, address)
            if let rule = reading.rule, rule < allowing, !reading.allows { return reading }
        }
        return decision
    }

    /// No topic that is meant well has more dots than this.
    private static let mostReadings = 16

    /// The first rule that applies.
    private func first(_ request: AccessRequest, _ principal: Principal, _ address: String) -> PolicyDecision {
        var first = rules.count
        // Read once, and only for rules that ask for it.
        var peer: PeerAddress??
        for shape in shapes {
            for number in index[key(shape, request, principal)] ?? [] {
                guard number < first else { break }
                if peer == nil, !rules[number].addresses.isEmpty { peer = .some(PeerAddress(address)) }
                guard rules[number].applies(to: request, of: principal, from: peer ?? nil) else { continue }
                first = number
                break
            }
        }
        return first < rules.count ? Self.decision(rules[first], number: first) : Self.denial
    }

    /// How many rules a decision looks at, at the most.
    func candidates(_ request: AccessRequest, of principal: Principal) -> Int {
        shapes.reduce(0) { $0 + (index[key($1, request, principal)]?.count ?? 0) }
    }

    /// The names of a request that a shape has.
    private func key(_ shape: Int, _ request: AccessRequest, _ principal: Principal) -> Key {
        Key(
            topic: shape & 1 == 0 ? nil : request.topic,
            method: shape & 2 == 0 ? nil : request.method,
            principal: shape & 4 == 0 ? nil : principal.name
        )
    }

    private static let denial = PolicyDecision(allows: false, rights: AccessRights(), rule: nil, line: nil)

    private static func decision(_ rule: PolicyRule, number: Int) -> PolicyDecision {
        let rights = rule.allows ? rule.rights : AccessRights()
        return PolicyDecision(allows: rule.allows, rights: rights, rule: number + 1, line: rule.line)
    }

    /// Where a rule is found: under every combination of its targets and principals, or with too many principals under none.
    private static func keys(_ rule: PolicyRule) -> [Key] {
        let targets =
            rule.targets.isEmpty
            ? [Key()] : rule.targets.map { Key(topic: $0.topic.literal, method: $0.method.literal) }
        let names = rule.principals.map(\.literal)
        guard !names.isEmpty, !names.contains(nil), names.count * targets.count <= 1_024 else { return targets }
        return targets.flatMap { target in
            names.map { name in Key(topic: target.topic, method: target.method, principal: name) }
        }
    }
}
