// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Yams

/// One thing that is wrong with a file of keys or rules.
public struct AccessFileProblem: Sendable, Equatable, CustomStringConvertible {
    /// The line, counted from 1; nil where the file as a whole is meant.
    public let line: Int?
    /// The field.
    public let field: String?
    /// What is wrong, and what would be right.
    public let reason: String

    /// One line.
    public var description: String {
        [line.map { "line \($0)" }, field, reason].compactMap { $0 }.joined(separator: ": ")
    }
}

/// Everything that is wrong with a file of keys or rules, up to a number that a person still reads.
public struct AccessFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in the order of the file.
    public let problems: [AccessFileProblem]

    /// One line each.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// YAML with the lines on which things stand.
enum AccessFile {
    /// A member of a list.
    struct Item {
        let line: Int
        let node: Node
    }

    /// The members of the list that a file is; none where it has nothing but comments.
    static func list(_ bytes: [UInt8]) throws(AccessFileError) -> [Item] {
        guard let root = try compose(bytes) else { return [] }
        // A file without content composes to an empty scalar in some forms.
        if case .scalar(let scalar) = root, scalar.string.isEmpty { return [] }
        guard case .sequence(let sequence) = root else {
            throw wrong(line(of: root), "the file has to be a list, whose members begin with \"- \"")
        }
        return sequence.map { Item(line: line(of: $0), node: $0) }
    }

    private static func compose(_ bytes: [UInt8]) throws(AccessFileError) -> Node? {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw wrong(nil, "the file is not UTF-8") }
        do {
            return try Yams.compose(yaml: text)
        } catch {
            throw wrong(line(of: error), "the file is not valid YAML")
        }
    }

    static func line(of node: Node) -> Int { node.mark?.line ?? 0 }

    /// The rest of such an error quotes the file.
    private static func line(of error: any Error) -> Int? {
        switch error as? YamlError {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: nil
        }
    }

    private static func wrong(_ line: Int?, _ reason: String) -> AccessFileError {
        AccessFileError(problems: [AccessFileProblem(line: line, field: nil, reason: reason)])
    }
}
