// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

extension JSONText {
    /// An object of members that are JSON texts already.
    static func object(_ members: KeyValuePairs<String, JSONText>) -> JSONText {
        let text = members.map { "\(JSONText(string: $0.key).string): \($0.value.string)" }.joined(separator: ", ")
        return made("{\(text)}")
    }

    static func object(_ context: RequestContext) -> JSONText {
        let members = context.entries.map { "\(JSONText(string: $0.key).string): \($0.value.string)" }
        return made("{\(members.joined(separator: ", "))}")
    }

    static func array(_ elements: [JSONText]) -> JSONText {
        made("[\(elements.map(\.string).joined(separator: ", "))]")
    }

    static func number(_ value: Int) -> JSONText { made(String(value)) }

    static func number(_ value: Double) -> JSONText { made("\(value)") }

    static func flag(_ value: Bool) -> JSONText { made(value ? "true" : "false") }

    /// The last member of this name, null where there is none.
    func member(_ name: String) -> JSONText? { members?.last { $0.key == name }?.value }

    private static func made(_ text: String) -> JSONText { (try? JSONText(text)) ?? .null }
}
