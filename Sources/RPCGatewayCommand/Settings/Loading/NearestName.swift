// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Finds what was meant by a misspelled name.
enum NearestName {
    /// The known name with the fewest edits, if it is near enough to be a likely slip.
    static func of(_ name: String, in known: some Sequence<String>) -> String? {
        // There is a mapping where one value belongs: the key itself was right.
        if let parent = known.first(where: { name.hasPrefix($0 + ".") }) { return parent }
        let wanted = Array(plain(name).utf8.prefix(100))
        var best: (distance: Int, name: String)?
        for candidate in known.sorted() {
            let distance = edits(wanted, Array(plain(candidate).utf8))
            if distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        guard let best, best.distance <= max(2, wanted.count / 4) else { return nil }
        return best.name
    }

    /// The name without case and separators, which may differ between spellings of one name.
    private static func plain(_ name: String) -> String {
        name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != "." }
    }

    /// Levenshtein's distance.
    private static func edits(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (index, byte) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in other.indices {
                let cost = byte == other[column] ? 0 : 1
                let next = min(row[column] + 1, row[column + 1] + 1, diagonal + cost)
                diagonal = row[column + 1]
                row[column + 1] = next
            }
        }
        return row[other.count]
    }
}
