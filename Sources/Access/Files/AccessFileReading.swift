// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Yams

/// Collects what is wrong while a file is read, so that a person hears of everything at once.
struct AccessFileReading {
    private var problems: [AccessFileProblem] = []
    private static let most = 20

    /// The fields of one mapping that have not been read yet.
    struct Fields {
        let line: Int
        fileprivate var nodes: [(name: String, node: Node)]

        /// Whether a field stands there that has not been read yet.
        func has(_ name: String) -> Bool { nodes.contains { $0.name == name } }

        fileprivate mutating func take(_ name: String) -> Node? {
            guard let index = nodes.firstIndex(where: { $0.name == name }) else { return nil }
            return nodes.remove(at: index).node
        }
    }

    mutating func note(_ line: Int, _ field: String?, _ reason: String) {
        problems.append(AccessFileProblem(line: line, field: field, reason: reason))
    }

    /// Throws what was noted.
    func end() throws(AccessFileError) {
        guard !problems.isEmpty else { return }
        guard problems.count > Self.most else { throw AccessFileError(problems: problems) }
        let rest = AccessFileProblem(line: nil, field: nil, reason: "\(problems.count - Self.most) more problems")
        throw AccessFileError(problems: problems.prefix(Self.most) + [rest])
    }

    /// The fields of a member that is a mapping; nil where it is none.
    mutating func fields(of item: AccessFile.Item, known: [String]) -> Fields? {
        guard case .mapping(let mapping) = item.node else {
            note(item.line, nil, "a mapping is expected, with \(known.joined(separator: ", "))")
            return nil
        }
        var nodes: [(name: String, node: Node)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key, known.contains(scalar.string) else {
                note(AccessFile.line(of: key), nil, "unknown field; known are \(known.joined(separator: ", "))")
                continue
            }
            nodes.append((scalar.string, value))
        }
        return Fields(line: item.line, nodes: nodes)
    }

    /// A field that has to be there.
    mutating func required<Value>(
        _ fields: inout Fields,
        _ name: String,
        allowed: String,
        _ read: (String) -> Value?
    ) -> Value? {
        guard let node = fields.take(name) else {
            note(fields.line, name, "is missing; it has to be \(allowed)")
            return nil
        }
        return value(node, name, allowed, read)
    }

    /// A field that may be there.
    mutating func optional<Value>(
        _ fields: inout Fields,
        _ name: String,
        allowed: String,
        _ read: (String) -> Value?
    ) -> Value? {
        fields.take(name).flatMap { value($0, name, allowed, read) }
    }

    /// A field that may be there and holds one value or a list of them; empty where it is not there.
    ///
    /// - Parameter atLeastOne: whether an empty list is wrong.
    mutating func list<Value>(
        _ fields: inout Fields,
        _ name: String,
        allowed: String,
        atLeastOne: Bool = false,
        _ read: (String) -> Value?
    ) -> [Value] {
        guard let node = fields.take(name) else { return [] }
        if atLeastOne, case .sequence(let sequence) = node, sequence.isEmpty {
            note(AccessFile.line(of: node), name, "is empty; leave it out where it does not matter")
        }
        guard case .sequence(let sequence) = node else { return value(node, name, allowed, read).map { [$0] } ?? [] }
        return sequence.compactMap { value($0, name, allowed, read) }
    }

    /// What is written is not repeated: it may be a key that somebody put where its digest belongs.
    private mutating func value<Value>(
        _ node: Node,
        _ name: String,
        _ allowed: String,
        _ read: (String) -> Value?
    ) -> Value? {
        if case .scalar(let scalar) = node, let value = read(scalar.string) { return value }
        note(AccessFile.line(of: node), name, "has to be \(allowed)")
        return nil
    }
}
