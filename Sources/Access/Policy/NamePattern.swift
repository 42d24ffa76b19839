// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A name in a rule: itself, or a pattern of shells for whole names.
enum NamePattern: Sendable, Equatable {
    case any
    case literal(Name)
    case pattern(ShellPattern)

    /// How names are written.
    static let allowed = "a name, or a pattern for the whole name with * ? and [ ]"

    /// Reads a name; nil for an empty one.
    init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= ShellPattern.longestText else { return nil }
        guard text.utf8.contains(where: { $0 == 0x2a || $0 == 0x3f || $0 == 0x5b }) else {
            self = .literal(Name(text))
            return
        }
        self = text.utf8.allSatisfy { $0 == 0x2a } ? .any : .pattern(ShellPattern(text))
    }

    /// The name that alone fits; nil where others do.
    var literal: Name? {
        if case .literal(let name) = self { name } else { nil }
    }

    func matches(_ name: Name) -> Bool {
        switch self {
        case .any: true
        case .literal(let own): own == name
        case .pattern(let pattern): pattern.matches(name.text)
        }
    }

    /// Whether a name that may be missing fits: `-` stands for none.
    func matches(optional name: Name?) -> Bool {
        guard let name else { return self == .any || literal == "-" }
        return matches(name)
    }
}

/// The target of a rule: three segments, each a name or a pattern.
struct TargetPattern: Sendable, Equatable {
    let topic: NamePattern
    let server: NamePattern
    let method: NamePattern

    /// How targets are written.
    static let allowed = "topic/server/method, such as nova/*/reboot, each part a name or a pattern"

    /// Reads a target; nil for another number of segments, or an empty one.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { NamePattern(String($0)) }
        guard parts.count == 3, let topic = parts[0], let server = parts[1], let method = parts[2] else { return nil }
        (self.topic, self.server, self.method) = (topic, server, method)
    }

    func matches(_ request: AccessRequest) -> Bool {
        topic.matches(request.topic) && method.matches(request.method) && server.matches(request.server)
    }
}
