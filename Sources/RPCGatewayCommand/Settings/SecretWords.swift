// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Observability

/// The words of the command line that hold secrets.
enum SecretWords {
    /// Blanks them where other processes read the command line; the words have to be read before.
    static func hide() { ProcessSecrecy.blankCommandLine(parts) }

    /// Where the values of secret settings are among words that are each ended by a zero byte.
    static func parts(of words: [UInt8]) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var previous: ArraySlice<UInt8> = []
        for word in words.split(separator: 0, omittingEmptySubsequences: false) {
            if let part = secret(in: word, behind: previous), !part.isEmpty { parts.append(part) }
            previous = word
        }
        return parts
    }

    private static func secret(in word: ArraySlice<UInt8>, behind previous: ArraySlice<UInt8>) -> Range<Int>? {
        for setting in SettingsTable.all where setting.isSecret {
            let assignment = Array("\(setting.key)=".utf8)
            if previous.elementsEqual("--set".utf8), word.starts(with: assignment) {
                return word.dropFirst(assignment.count).indices
            }
            let whole = Array("--set=".utf8) + assignment
            if word.starts(with: whole) { return word.dropFirst(whole.count).indices }
            guard let option = setting.option else { continue }
            if previous.elementsEqual(option.utf8) { return word.indices }
            let own = Array("\(option)=".utf8)
            if word.starts(with: own) { return word.dropFirst(own.count).indices }
        }
        return nil
    }
}
