// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// An exception that a server raised, as it stands in the failure string of a reply.
///
/// Everything oslo.messaging puts on the wire is kept, `args` and `kwargs` byte for byte.
public struct RemoteError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The Python module, such as `builtins`; empty when the server sent none.
    @Bytewise public var module: String
    /// The class name, such as `ValueError`; empty when the server sent none.
    @Bytewise public var className: String
    /// The text of the exception.
    @Bytewise public var message: String
    /// The exception's positional arguments, a JSON array.
    public var arguments: JSONText
    /// The exception's `kwargs` attribute, a JSON object.
    public var keywordArguments: JSONText
    /// The traceback's strings. They show the server's code: keep them inside.
    @Bytewise public var traceback: [String]

    /// Makes an exception; what is left out is empty.
    public init(
        module: String,
        className: String,
        message: String = "",
        arguments: JSONText = RemoteError.noArguments,
        keywordArguments: JSONText = .emptyObject,
        traceback: [String] = []
    ) {
        self.module = module
        self.className = className
        self.message = message
        self.arguments = arguments
        self.keywordArguments = keywordArguments
        self.traceback = traceback
    }

    /// The same exception, with arguments that do not keep the message that they came in.
    var copied: RemoteError {
        var error = self
        error.arguments = arguments.copied
        error.keywordArguments = keywordArguments.copied
        return error
    }

    /// About how much memory the texts take.
    var bytesInMemory: Int {
        let texts = [module, className, message] + traceback
        let bytes = texts.reduce(0) { $0 + $1.utf8.count + MemoryLayout<String>.stride }
        return bytes + arguments.bytes.count + keywordArguments.bytes.count
    }

    /// `[]`.
    public static let noArguments = JSONText(validated: [0x5b, 0x5d])

    /// Module and class joined by a dot, the identity that rules match.
    public var qualifiedName: String { module.isEmpty ? className : "\(module).\(className)" }

    /// The qualified name and the message, without the traceback.
    public var description: String { "\(qualifiedName): \(message)" }
}

extension RemoteError {
    /// The failure string of a reply (`serialize_remote_exception`), keys in Python's order.
    var encoded: [UInt8] {
        var text: [UInt8] = []
        text.append(ascii: #"{"class": "#)
        text.append(jsonString: className)
        text.append(ascii: #", "module": "#)
        text.append(jsonString: module)
        text.append(ascii: #", "message": "#)
        text.append(jsonString: message)
        text.append(ascii: #", "tb": ["#)
        for (index, line) in traceback.enumerated() {
            if index > 0 { text.append(ascii: ", ") }
            text.append(jsonString: line)
        }
        text.append(ascii: #"], "args": "#)
        text.append(contentsOf: arguments.bytes)
        text.append(ascii: #", "kwargs": "#)
        text.append(contentsOf: keywordArguments.bytes)
        text.append(0x7d)
        return text
    }
}

extension RemoteError {
    /// Decodes the failure string of a reply (`oslo_messaging._drivers.common.serialize_remote_exception`).
    ///
    /// Missing parts are empty, as Python reads them. The suffix `_Remote`, which Python adds to class and module when
    /// it raises an exception again, is removed, and Python 2's module `exceptions` becomes `builtins`.
    ///
    /// - Throws: `JSONError` when the text is not a JSON object.
    init(failure text: [UInt8]) throws(JSONError) {
        self.init(module: "", className: "")
        let bytes = text.span
        var scanner = JSONScanner()
        var more = try scanner.openObject(bytes)
        while more {
            let member = try scanner.member(bytes)
            take(JSONString.key(bytes, member.key), JSONText(validated: text[member.value]))
            more = try scanner.hasNextMember(bytes)
        }
        try scanner.end(bytes)
    }

    /// Takes a member. A text may have millions of them: nothing is made of those that mean nothing.
    private mutating func take(_ key: ArraySlice<UInt8>, _ value: JSONText) {
        switch key {
        case "class": className = Self.withoutSuffix(Self.name(value))
        case "module": module = Self.moduleName(Self.name(value))
        case "message": message = value.stringValue ?? value.string
        case "tb": traceback = Self.strings(of: value)
        case "args": arguments = value.bytes.first == 0x5b ? value : RemoteError.noArguments
        case "kwargs": keywordArguments = value.isObject ? value : .emptyObject
        default: break
        }
    }

    /// The longest name of a class or module, in bytes of its JSON; a longer one is none, as no rule and no reader is about it.
    static let maximumNameBytes = 1024

    private static func name(_ value: JSONText) -> String {
        value.bytes.count <= maximumNameBytes ? value.stringValue ?? "" : ""
    }

    /// How many entries of a traceback are kept: Python itself shows fewer than 2,000.
    static let maximumTraceback = 4096

    private static func moduleName(_ text: String) -> String {
        let name = withoutSuffix(text)
        return name.isSame(as: "exceptions") ? "builtins" : name
    }

    private static let suffix = "_Remote"

    private static func withoutSuffix(_ text: String) -> String {
        Name(text).hasSuffix(suffix) ? String(Substring(text.utf8.dropLast(suffix.utf8.count))) : text
    }

    private static func strings(of array: JSONText) -> [String] {
        (array.lastElements(maximumTraceback) ?? []).map { $0.stringValue ?? $0.string }
    }
}
