// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import Messaging

/// A JSON text, as the validator and as the grammar of RFC 8259 see it.
enum JSONTarget {
    static func run(_ input: [UInt8]) throws(Finding) {
        let text = try? JSONText(input)
        let isText = GrammarOfJSON.accepts(input, maximumDepth: JSONScanner.depthLimit)
        guard (text != nil) == isText else { throw Finding(isText ? "JSON was refused" : "what is no JSON was taken") }
        guard isText != foundationAccepts(input) else { return try check(text, input) }
        guard differs(input) else { throw Finding("Foundation has it otherwise, for no known reason") }
        try check(text, input)
    }

    private static func check(_ text: JSONText?, _ input: [UInt8]) throws(Finding) {
        guard let text else { return }
        let white: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let trimmed = input.drop { white.contains($0) }.reversed().drop { white.contains($0) }.reversed()
        guard text.bytes.elementsEqual(trimmed) else { throw Finding("the text is not the input without white space") }
        for member in text.members ?? [] {
            guard (try? JSONText(Array(member.value.bytes))) == member.value else {
                throw Finding("a member is no JSON")
            }
        }
        _ = text.stringValue
        _ = text.lastElements(3)
        _ = text.lastMember("a")
    }

    private static func foundationAccepts(_ input: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(input), options: [.fragmentsAllowed])) != nil
    }

    /// Where Foundation is known to differ from RFC 8259: it reads UTF-16 and UTF-32 and skips a mark of the byte order,
    /// refuses numbers that fit no `Double` and surrogates that stand alone, takes a comma behind the last element, and has
    /// another greatest depth.
    private static func differs(_ input: [UInt8]) -> Bool {
        let text = String(decoding: input, as: UTF8.self).lowercased()
        let hasOtherEncoding = input.contains(0) || [0xEF, 0xFE, 0xFF].contains(input.first)
        let hasLongNumber = text.contains("e") || input.count > 15
        let hasSurrogate = text.contains("\\ud")
        let marks = text.filter { !$0.isWhitespace }
        let hasLastComma = marks.contains(",]") || marks.contains(",}")
        let isDeep = input.count { $0 == 0x5B || $0 == 0x7B } > JSONScanner.depthLimit
        return hasOtherEncoding || hasLongNumber && text.contains { $0.isNumber } || hasSurrogate || isDeep
            || hasLastComma
    }
}

/// Arguments, which stand in the request's body as a text in a text, and are to come out of it byte for byte.
enum SpliceTarget {
    static func run(_ input: [UInt8]) throws(Finding) {
        guard let arguments = try? JSONObject.arguments(input) else { return }
        let id = UniqueID()
        let names = String(decoding: input.prefix(40), as: UTF8.self)
        let target = Target(topic: "t", namespace: names)
        let request = RPCRequest(target: target, method: names, arguments: arguments, timeout: .seconds(1))
        let body = RequestEnvelope.encode(request, uniqueID: id, reply: nil)
        guard let opened = try? MessageEnvelope.open(body, takesPythonConstants: false) else {
            throw Finding("our own envelope cannot be opened")
        }
        guard let outer = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
            let inner = outer["oslo.message"] as? String
        else { throw Finding("our own envelope is no JSON") }
        guard Array(inner.utf8) == opened else { throw Finding("the inner text is another one for Foundation") }
        guard let message = try? JSONText(opened), let members = message.members else {
            throw Finding("the inner text is no JSON object")
        }
        guard members.first?.value.stringValue?.utf8.elementsEqual(names.utf8) == true else {
            throw Finding("the method is another one")
        }
        guard message.lastMember("args")?.bytes.elementsEqual(arguments.bytes) == true else {
            throw Finding("the arguments are other ones")
        }
    }
}

/// A reply, as it comes and inside an envelope.
enum ReplyTarget {
    static func run(_ input: [UInt8]) throws(Finding) {
        let bare = try? ReplyEnvelope(input)
        _ = ReplyEnvelopeError(.malformed, reason: "", salvagedFrom: input)
        if case .exception(let exception) = bare?.failure { try check(exception) }
        if let exception = try? RemoteError(failure: input) { try check(exception) }
        guard let text = String(validating: input, as: UTF8.self), !isEnvelope(input) else { return }
        let wrapped = #"{"oslo.version": "2.0", "oslo.message": "# + JSONText(string: text).string + "}"
        let opened = try? ReplyEnvelope(Array(wrapped.utf8))
        guard bare?.messageID == opened?.messageID, bare?.result == opened?.result, bare?.failure == opened?.failure,
            bare?.isEnding == opened?.isEnding, (bare == nil) == (opened == nil)
        else { throw Finding("inside its envelope the reply is another one") }
    }

    private static func check(_ error: RemoteError) throws(Finding) {
        guard error.traceback.count <= RemoteError.maximumTraceback else {
            throw Finding("a traceback without a bound")
        }
        guard (try? JSONText(error.encoded)) != nil else { throw Finding("an error is written as no JSON") }
        guard error.keywordArguments.isObject else { throw Finding("keyword arguments are no object") }
    }

    private static func isEnvelope(_ input: [UInt8]) -> Bool {
        guard let object = try? JSONText(input) else { return false }
        return object.lastMember("oslo.version") != nil || object.lastMember("oslo.message") != nil
    }
}
