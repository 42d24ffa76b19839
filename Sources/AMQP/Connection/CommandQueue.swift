//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// First in, first out, with storage that is used again.
struct CommandQueue {
    private var items: [Command?] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }

    mutating func append(contentsOf commands: [Command]) {
        items.append(contentsOf: commands.lazy.map(Optional.some))
    }

    mutating func popFirst() -> Command? {
        guard head < items.count else { return nil }
        defer { advance() }
        // Taking the value out of its slot leaves it uniquely owned.
        let command = items[head]
        items[head] = nil
        return command
    }

    /// Takes out the publishes the predicate names; the order of the others stays.
    mutating func removePublishes(where shouldRemove: (PublishRequest) -> Bool) -> [PublishRequest] {
        var removed: [PublishRequest] = []
        items.removeSubrange(..<head)
        head = 0
        items.removeAll { item in
            guard case .publish(let request)? = item, shouldRemove(request) else { return false }
            removed.append(request)
            return true
        }
        return removed
    }

    private mutating func advance() {
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: items.capacity <= 4096)
            head = 0
        } else if head >= 4096 {
            items.removeSubrange(..<head)
            head = 0
        }
    }
}
