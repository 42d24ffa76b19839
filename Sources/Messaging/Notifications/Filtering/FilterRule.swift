// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// What a value of a payload has to be: a string that matches, or an object whose members do.
///
///     ["state": "^active$", "image": ["name": "ubuntu"]]
public indirect enum FilterRule: Sendable, Hashable {
    /// A string that a regular expression matches from its start.
    case pattern(String)
    /// An object in which each of these members is there and fits.
    case members([String: FilterRule])  // names: our own
}

extension FilterRule: ExpressibleByStringLiteral {
    /// A pattern.
    public init(stringLiteral pattern: String) { self = .pattern(pattern) }
}

extension FilterRule: ExpressibleByDictionaryLiteral {
    /// Members; if a key is given twice the last one counts.
    public init(dictionaryLiteral members: (String, FilterRule)...) {
        self = .members(Dictionary(members) { $1 })
    }
}

/// A rule with its patterns compiled.
indirect enum CompiledFilterRule: Sendable {
    case pattern(FilterPattern)
    case members([Name: CompiledFilterRule])

    init(_ rule: FilterRule, field: String) throws(MessagingError) {
        switch rule {
        case .pattern(let pattern): self = .pattern(try FilterPattern(pattern, field: field))
        case .members(let members): self = .members(try Self.compile(members, field: field))
        }
    }

    static func compile(
        _ members: [String: FilterRule],  // names: our own
        field: String
    ) throws(MessagingError) -> [Name: CompiledFilterRule] {
        var compiled: [Name: CompiledFilterRule] = [:]
        for (key, rule) in members {
            compiled[Name(key)] = try CompiledFilterRule(rule, field: "\(field).\(key)")
        }
        return compiled
    }

    func matches(_ value: JSONText) -> Bool {
        switch self {
        case .pattern(let pattern): pattern.matches(value)
        case .members(let rules): Self.match(rules, value)
        }
    }

    /// Whether a value is an object whose members fit; anything fits no rules at all.
    static func match(_ rules: [Name: CompiledFilterRule], _ value: JSONText) -> Bool {
        guard !rules.isEmpty else { return true }
        var found: [Name: JSONText] = [:]
        let isObject: Void? = try? MessageEnvelope.forEachMember(of: Array(value.bytes)) { key, value in
            let name = Name(String(decoding: key, as: UTF8.self))
            if rules[name] != nil { found[name] = value }
        }
        guard isObject != nil else { return false }
        return rules.allSatisfy { name, rule in found[name].map(rule.matches) ?? false }
    }
}

/// A regular expression that has to match from the start of a text, like Python's `re.match`.
struct FilterPattern: Sendable {
    // Regex is not Sendable because a literal's transforms can capture anything. This one is compiled from text, has no
    // transforms and never changes; its lazily lowered program is published atomically.
    private nonisolated(unsafe) let regex: Regex<AnyRegexOutput>

    /// Compiles a pattern.
    ///
    /// - Throws: `invalidRequest`, naming the field and what is wrong with the pattern.
    init(_ pattern: String, field: String) throws(MessagingError) {
        do {
            // Python's characters and words, instead of Swift's grapheme clusters and Unicode's word boundaries.
            unsafe regex = try Regex(pattern).matchingSemantics(.unicodeScalar).wordBoundaryKind(.simple)
        } catch {
            throw MessagingError(
                .invalidRequest,
                "filter of \(field): \"\(pattern)\" is no regular expression: \(error)"
            )
        }
    }

    /// Whether the text begins with a match.
    func matches(_ text: String) -> Bool { (try? unsafe regex.prefixMatch(in: text)) != nil }

    /// Whether the value is a JSON string that begins with a match; other values never match.
    func matches(_ value: JSONText) -> Bool { value.stringValue.map(matches) ?? false }
}
