// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

/// Sockets whose clients have their last answer and still send.
///
/// Closing a socket with unread bytes resets it, and a reset can take the answer away from a client that is still
/// sending. What comes is read and thrown away until the client ends its side, for a second at most. Loop thread only.
struct LingeringSockets {
    private struct Member {
        var descriptor: Int32
        var deadline: UInt64
    }

    private static let milliseconds: UInt64 = 1_000
    private static let bytesATurn = 1 << 20
    private var members: SharedPlaces<Member>

    init(capacity: Int) { members = SharedPlaces(capacity: capacity) }

    var isEmpty: Bool { members.count == 0 }

    /// Takes over a descriptor that the caller owns; beyond the capacity one is closed at once, of those who have the most.
    mutating func add(_ descriptor: Int32, from network: String, now: UInt64) {
        shutdown(descriptor, Int32(SHUT_WR))
        let member = Member(descriptor: descriptor, deadline: now + Self.milliseconds)
        if let displaced = members.take(member, for: network).displaced { close(displaced.descriptor) }
    }

    mutating func turn(now: UInt64) {
        members.removeAll { member in
            guard Self.hasEnded(member.descriptor) || member.deadline <= now else { return false }
            close(member.descriptor)
            return true
        }
    }

    mutating func closeAll() {
        members.removeAll { member in
            close(member.descriptor)
            return true
        }
    }

    private static func hasEnded(_ descriptor: Int32) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            var left = bytesATurn
            while left > 0 {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                if count < 0 { return errno != EAGAIN && errno != EINTR }
                if count == 0 { return true }
                left -= count
            }
            return false
        }
    }
}
