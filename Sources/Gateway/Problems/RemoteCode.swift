// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// The status that an exception carries itself, as an integer `code` among its keyword arguments.
enum RemoteCode {
    /// The code; nil when there is none from 400 to 599, or when it is no plain integer (a bool is none).
    static func value(_ remote: RemoteError) -> Int? {
        guard let code = remote.keywordArguments.lastMember("code"), let number = Int(code.string) else { return nil }
        return (400...599).contains(number) ? number : nil
    }

    /// The status to answer: codes that would speak of our own HTTP exchange are replaced.
    static func normalised(_ code: Int, className: String) -> Int {
        switch code {
        case 401, 407: 403
        case 408: 504
        case 413: className.contains("Quota") ? 403 : 400
        case 405, 411, 414, 415, 417, 431: 400
        default: code
        }
    }
}
