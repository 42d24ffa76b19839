// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The keys of one object seen so far, by the bytes they stand for.
///
/// The first few are compared one by one. More of them are in a table with open addressing whose hash is seeded, so
/// that nobody can choose keys that collide; a key costs some tens of nanoseconds and 32 to 128 bytes, however many
/// there are.
struct JSONKeySet {
    private static let fewMaximum = 8
    private var few = InlineArray<8, Range<Int>>(repeating: 0..<0)
    private var fewCount = 0
    private var table: Table?
    private var hasEscapes = false

    /// Adds a key; false when it was there already.
    ///
    /// - Parameter bytes: the same text each time, as the table refers to places in it.
    mutating func insert(_ key: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        hasEscapes = hasEscapes || JSONString.hasEscapes(bytes, key)
        if table == nil, !hasEscapes, fewCount < Self.fewMaximum {
            for index in 0..<fewCount where Self.areEqual(few[index], key, bytes) { return false }
            few[fewCount] = key
            fewCount += 1
            return true
        }
        if table == nil {
            table = Table()
            for index in 0..<fewCount { _ = table?.insert(few[index], bytes) }
        }
        return table?.insert(key, bytes) ?? true
    }

    private static func areEqual(_ left: Range<Int>, _ right: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count where bytes[left.lowerBound + offset] != bytes[right.lowerBound + offset] {
            return false
        }
        return true
    }

    private struct Table {
        private struct Slot {
            var start = 0
            var hash: UInt32 = 0
            /// One more than the length; 0 where there is no key.
            var length: UInt32 = 0
        }

        private var slots = [Slot](repeating: Slot(), count: 64)
        private var count = 0
        /// Keys that were written with escapes, resolved; their slots count from the end of the text.
        private var resolved: [UInt8] = []

        mutating func insert(_ key: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
            guard JSONString.hasEscapes(bytes, key) else { return insert(bytes, key, at: key.lowerBound, bytes) }
            let start = resolved.count
            // A key with a lone surrogate cannot be UTF-8; its raw bytes, which no resolved key can equal, stand for
            // it.
            if let content = try? JSONString.unescape(bytes, key) {
                resolved.append(contentsOf: content)
            } else {
                resolved.append(contentsOf: key.map { bytes[$0] })
            }
            let own = resolved
            let isNew = insert(own.span, start..<own.count, at: bytes.count + start, bytes)
            if !isNew { resolved.removeLast(resolved.count - start) }
            return isNew
        }

        /// - Parameters:
        ///   - content: holds the key at `range`.
        ///   - place: where the key will be found later.
        private mutating func insert(
            _ content: Span<UInt8>,
            _ range: Range<Int>,
            at place: Int,
            _ bytes: Span<UInt8>
        ) -> Bool {
            if count * 2 >= slots.count { grow() }
            let hash = Self.hash(content, range)
            var index = Int(hash) & (slots.count - 1)
            while slots[index].length != 0 {
                if slots[index].hash == hash, isKey(slots[index], content, range, bytes) { return false }
                index = (index + 1) & (slots.count - 1)
            }
            slots[index] = Slot(start: place, hash: hash, length: UInt32(clamping: range.count + 1))
            count += 1
            return true
        }

        private func isKey(_ slot: Slot, _ content: Span<UInt8>, _ range: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
            guard Int(slot.length) == range.count + 1 else { return false }
            let start = slot.start
            for offset in 0..<range.count {
                let place = start + offset
                let byte = start < bytes.count ? bytes[place] : resolved[place - bytes.count]
                guard byte == content[range.lowerBound + offset] else { return false }
            }
            return true
        }

        private mutating func grow() {
            var larger = [Slot](repeating: Slot(), count: slots.count * 4)
            for slot in slots where slot.length != 0 {
                var index = Int(slot.hash) & (larger.count - 1)
                while larger[index].length != 0 { index = (index + 1) & (larger.count - 1) }
                larger[index] = slot
            }
            slots = larger
        }

        private static func hash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32 {
            var hasher = Hasher()
            // Borrowed for the call; the hasher copies what it needs.
            unsafe bytes.extracting(range).withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
            return UInt32(truncatingIfNeeded: hasher.finalize())
        }
    }
}
