// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd

/// What may stand in the head of an answer.
enum HeadRules {
    /// Whether a field can stand on a line of its own; the fields that frame the message are the server's.
    static func isSendable(_ field: (name: String, value: String)) -> Bool {
        guard !field.name.isEmpty, field.name.utf8.allSatisfy(Token.isCharacter), !isReserved(field.name) else {
            return false
        }
        // An empty value says nothing, and the library takes none.
        return !field.value.isEmpty && field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    static func isReserved(_ name: String) -> Bool {
        guard name.utf8.count == 4 || name.utf8.count == 10 || name.utf8.count == 14 || name.utf8.count == 17 else {
            return false
        }
        return ["date", "connection", "content-length", "transfer-encoding"].contains(name.lowercased())
    }

    static func phrase(_ status: Int) -> String {
        MHD_get_reason_phrase_for(UInt32(clamping: status)).map { String(cString: $0) } ?? "Unknown"
    }

    static func status(_ status: Int) -> Int { (200...599).contains(status) ? status : 500 }
}
