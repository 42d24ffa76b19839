// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// The keyword arguments of one call, checked against a method's parameters as CPython checks them.
struct MethodArguments {
    /// A parameter as far as the check needs it.
    struct Expected: Sendable {
        var text: String
        var isRequired: Bool
    }

    /// The key is nil where it cannot be a parameter's.
    private let members: [(key: String?, value: JSONText)]
    private let endpoint: String
    private let name: String

    /// Takes a JSON object.
    ///
    /// - Parameters:
    ///   - endpoint: the endpoint's name, for messages.
    ///   - method: the method's name.
    /// - Throws: `TypeError` with CPython's text for a superfluous or a missing argument.
    init(_ arguments: JSONText, endpoint: String, method: String, names: [Expected]) throws(RemoteError) {
        self.endpoint = endpoint
        name = method
        let written = arguments.writtenMembers ?? []
        members = written.map { ($0.key.stringValue, $0.value) }
        if let surplus = members.firstIndex(where: { member in !names.contains { Self.isSame(member.key, $0.text) } }) {
            // A surrogate without its partner stands for no text, so its escape is shown.
            let key =
                members[surplus].key
                ?? String(decoding: written[surplus].key.bytes.dropFirst().dropLast(), as: UTF8.self)
            throw .typeError("\(endpoint).\(name)() got an unexpected keyword argument '\(key)'")
        }
        let missing = names.filter { name in name.isRequired && !members.contains { Self.isSame($0.key, name.text) } }
        guard missing.isEmpty else { throw .typeError("\(endpoint).\(name)() \(Self.complaint(missing.map(\.text)))") }
    }

    /// The value of a parameter.
    ///
    /// - Throws: `TypeError` naming the argument when it is of another type.
    func value<Value>(of parameter: Parameter<Value>) throws(RemoteError) -> Value {
        guard let text = members.last(where: { Self.isSame($0.key, parameter.name) })?.value else {
            if let value = parameter.defaultValue { return value }
            throw .typeError("\(endpoint).\(name)() \(Self.complaint([parameter.name]))")
        }
        do {
            return try PythonValue.decode(Value.self, from: text)
        } catch {
            let expected = PythonValue.name(of: Value.self)
            let got = PythonValue.typeName(of: text)
            throw .typeError("\(endpoint).\(name)() argument '\(parameter.name)' must be \(expected), not \(got)")
        }
    }

    private static func isSame(_ key: String?, _ name: String) -> Bool { key?.isSame(as: name) ?? false }

    /// The names as CPython lists them: `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`.
    private static func complaint(_ names: [String]) -> String {
        let quoted = names.map { "'\($0)'" }
        let list =
            quoted.count > 2
            ? quoted.dropLast().joined(separator: ", ") + ", and \(quoted[quoted.count - 1])"
            : quoted.joined(separator: " and ")
        let noun = names.count == 1 ? "argument" : "arguments"
        return "missing \(names.count) required positional \(noun): \(list)"
    }
}

/// A keyword argument of a method: its name, and what it is when the caller leaves it out.
///
/// A string literal is a parameter that has to be given.
public struct Parameter<Value: Decodable & Sendable>: Sendable, ExpressibleByStringLiteral {
    /// The keyword.
    public let name: String
    /// The value of an argument that was not given; nil for a required one.
    public let defaultValue: Value?

    /// Makes a parameter that has to be given.
    public init(_ name: String) {
        self.name = name
        defaultValue = nil
    }

    /// Makes a parameter that may be left out.
    public init(_ name: String, default value: Value) {
        self.name = name
        defaultValue = value
    }

    /// Makes a parameter that has to be given.
    public init(stringLiteral name: String) { self.init(name) }
}
