// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Puts `***` in place of secrets in a JSON value (`oslo_utils.strutils.mask_dict_password`).
///
/// A member whose key sounds like a secret is masked, unless it is an object, which is looked into. A string that seems
/// to give a secret (`--password x`, `token=x`) is masked as a whole.
enum SecretMask {
    /// The value without its secrets; nesting is bounded by the scanner that validated it.
    static func masked(_ value: JSONText) -> JSONText {
        switch value.bytes.first {
        case 0x7b: maskedObject(value)
        case 0x5b: maskedArray(value)
        case 0x22: givesSecret(Array(value.bytes)) ? mask : value
        default: value
        }
    }

    private static let mask = JSONText(string: "***")

    private static func maskedObject(_ object: JSONText) -> JSONText {
        var text: [UInt8] = [0x7b]
        // Nothing is shown of a text that cannot be read again.
        guard
            (try? MessageEnvelope.forEachMember(
                of: Array(object.bytes),
                { key, value in
                    if text.count > 1 { text.append(ascii: ", ") }
                    text.append(jsonContent: Array(key))
                    text.append(ascii: ": ")
                    let isSecret = !value.isObject && containsName(lowercased(Array(key)))
                    text.append(contentsOf: (isSecret ? mask : masked(value)).bytes)
                }
            )) != nil
        else { return mask }
        text.append(0x7d)
        return JSONText(validated: text[...])
    }

    private static func maskedArray(_ array: JSONText) -> JSONText {
        guard let elements = array.elements else { return mask }
        var text: [UInt8] = [0x5b]
        for (index, element) in elements.enumerated() {
            if index > 0 { text.append(ascii: ", ") }
            text.append(contentsOf: masked(element).bytes)
        }
        text.append(0x5d)
        return JSONText(validated: text[...])
    }

    private static func containsName(_ text: [UInt8]) -> Bool {
        text.indices.contains { endOfName(text, at: $0) != nil }
    }

    /// Whether a secret's name is followed by a value: `name=`, `"name":`, `<name>`, `--name value`.
    private static func givesSecret(_ string: [UInt8]) -> Bool {
        let text = lowercased(string)
        return text.indices.contains { index in
            guard var next = endOfName(text, at: index) else { return false }
            if index >= 2, text[index - 1] == 0x2d, text[index - 2] == 0x2d { return true }
            while next < text.count, isFiller(text[next]) { next += 1 }
            return next < text.count && (text[next] == 0x3d || text[next] == 0x3a || text[next] == 0x3e)
        }
    }

    /// Digits, quotes, backslashes and white space may stand between a name and its value.
    private static func isFiller(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x22, 0x27, 0x5c, 0x20, 0x09: true
        default: false
        }
    }

    private static func endOfName(_ text: [UInt8], at index: Int) -> Int? {
        guard let names = namesByInitial[text[index]] else { return nil }
        return names.first { text[index...].starts(with: $0) }.map { index + $0.count }
    }

    private static func lowercased(_ text: [UInt8]) -> [UInt8] {
        text.map { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 }
    }

    private static let namesByInitial = Dictionary(grouping: names.map { Array($0.utf8) }) { $0[0] }

    private static let names = [
        "adminpass", "admin_pass", "password", "new_pass", "sys_pswd", "secret", "token", "configdrive",
        "encrypted_key", "private_key", "fernetkey", "sslkey", "passphrase", "cephclusterfsid", "octaviaheartbeatkey",
        "rabbitcookie", "cephmanilaclientkey", "pacemakerremoteauthkey", "designaterndckey", "cephadminkey",
        "heatauthencryptionkey", "cephclientkey", "keystonecredential", "barbicansimplecryptokek", "cephrgwkey",
        "swifthashsuffix", "migrationsshkey", "cephmdskey", "cephmonkey",
    ]
}
