// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Names
internal import Threads

/// What the policy said of the calls of one plan lately, by who they were from.
///
/// A plan is of one policy, and a decision depends on nothing but what is asked, by whom and from where: so it holds for as long
/// as the plan is used.
final class RecentDecisions: Sendable {
    private struct Entry {
        let principal: Principal
        @Bytewise var address: String
        let decision: PolicyDecision
    }

    private static let maximum = 8
    /// The entries, and the place of the one that goes next.
    private let entries = Guarded<(known: [Entry], next: Int)>(([], 0))

    /// What was said before, or is said now.
    func decision(
        of principal: Principal,
        from address: String,
        _ decide: () -> PolicyDecision
    ) -> PolicyDecision {
        let known = entries.withLock { entries in
            entries.known.first { $0.principal === principal && $0.address.isSame(as: address) }?.decision
        }
        if let known { return known }
        let decision = decide()
        let entry = Entry(principal: principal, address: address, decision: decision)
        entries.withLock { entries in
            if entries.known.count < Self.maximum {
                entries.known.append(entry)
            } else {
                entries.known[entries.next] = entry
                entries.next = (entries.next + 1) % Self.maximum
            }
        }
        return decision
    }
}
