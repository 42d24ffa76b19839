// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// The request context that travels beside the arguments; each entry becomes one `_context_<key>` of the message.
///
/// Values are JSON texts and keep their bytes. Setting a key again replaces its value in place.
public struct RequestContext: Sendable, Hashable {
    /// Entries that it has in common with others, which stand before its own; nil for none.
    public private(set) var shared: SharedContext?
    /// Its own entries in their order.
    public private(set) var entries: [Entry] = []

    /// Where each key stands; empty while there are few.
    private var positions: [Name: Int] = [:]
    private static let searchedCount = 32

    /// One entry of a context.
    public struct Entry: Sendable, Hashable {
        /// The key without the prefix `_context_`.
        @Bytewise public var key: String
        /// The value.
        public var value: JSONText
    }

    /// Makes an empty context.
    public init() {}

    /// Makes a context that says which request it belongs to, and nothing else.
    public init(requestID: JSONText) {
        entries = [Entry(key: "request_id", value: requestID), Entry(key: "global_request_id", value: requestID)]
    }

    /// Makes a context from the members of a JSON object; nil when the text is no object.
    public init?(_ object: JSONText) {
        guard let members = object.members else { return nil }
        for (key, value) in members { set(key, value) }
    }

    /// The value of an entry; nil when there is none.
    public subscript(key: String) -> JSONText? { index(of: key).map { entries[$0].value } ?? shared?[key] }

    /// Puts entries before its own, which may not have any of their keys.
    public mutating func share(_ shared: SharedContext) {
        assert(shared.entries.allSatisfy { self[$0.key] == nil }, "a key is there twice")
        self.shared = shared
    }

    /// All entries in their order, the shared ones first.
    public var allEntries: [Entry] { shared.map { $0.entries + entries } ?? entries }

    /// Whether it has an entry with one of some keys.
    public func hasAny(of keys: Set<Name>) -> Bool { allEntries.contains { keys.contains(Name($0.key)) } }

    /// Makes the shared entries its own, so that one of them can be set.
    private mutating func keepShared() {
        let all = allEntries
        self = RequestContext()
        for entry in all { set(entry.key, entry.value) }
    }

    /// Sets an entry.
    public mutating func set(_ key: String, _ value: JSONText) {
        if shared?[key] != nil { keepShared() }
        if let index = index(of: key) {
            entries[index].value = value
        } else {
            entries.append(Entry(key: key, value: value))
            noteLast()
        }
    }

    /// Keys that differ only by Unicode normalisation are different keys, so bytes are compared.
    private func index(of key: String) -> Int? {
        guard positions.isEmpty else { return positions[Name(key)] }
        return entries.firstIndex { $0.key.isSame(as: key) }
    }

    /// Most contexts are small, and then a search is cheapest; but a peer may send a large one.
    private mutating func noteLast() {
        if entries.count == Self.searchedCount {
            for (index, entry) in entries.enumerated() { positions[Name(entry.key)] = index }
        } else if entries.count > Self.searchedCount {
            positions[Name(entries[entries.count - 1].key)] = entries.count - 1
        }
    }

    /// Sets an entry to a string.
    public mutating func set(_ key: String, string: String) { set(key, JSONText(string: string)) }
}
