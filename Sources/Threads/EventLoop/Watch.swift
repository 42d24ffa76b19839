// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
@preconcurrency import Glibc

/// A loop's watch over one descriptor, or over nothing but the loop's own end; to be used on the loop's thread only.
public final class Watch {
    private let loop: EventLoop
    private let descriptor: Int32?
    private let slot: Int
    private var interest: Readiness
    private var isEnded = false

    init(loop: EventLoop, descriptor: Int32?, slot: Int, interest: Readiness) {
        self.loop = loop
        self.descriptor = descriptor
        self.slot = slot
        self.interest = interest
    }

    /// Chooses what to be told of; costs a system call when it differs from before.
    public func change(to interest: Readiness) {
        guard !isEnded, interest != self.interest, let descriptor else { return }
        self.interest = interest
        var event = EventLoop.event(slot: slot, generation: loop.generation(of: slot), interest)
        epoll_ctl(loop.epoll, EPOLL_CTL_MOD, descriptor, &event)
    }

    /// Ends the watch, after which nothing is told; to be called before the descriptor is closed.
    public func end() {
        guard !isEnded else { return }
        isEnded = true
        if let descriptor { epoll_ctl(loop.epoll, EPOLL_CTL_DEL, descriptor, nil) }
        loop.freeSlot(slot)
    }
}
