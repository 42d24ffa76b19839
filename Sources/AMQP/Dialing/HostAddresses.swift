// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Threads

/// The addresses of one host that have not been tried, shared by the attempts to reach it.
final class HostAddresses: Sendable {
    /// How a name becomes addresses; waits.
    typealias Resolver = @Sendable (_ host: String, _ port: Int) throws(AMQPError) -> [SocketAddress]

    private struct State {
        var isResolved = false
        var isOnly = false
        var untried: [SocketAddress] = []
    }

    private let state = Guarded(State())
    private let resolver: Resolver

    init(resolver: @escaping Resolver = SocketAddress.all) { self.resolver = resolver }

    /// Asks the name service, the first time only.
    func resolve(_ host: String, _ port: Int) throws(AMQPError) {
        if state.withLock({ $0.isResolved }) { return }
        let found = try resolver(host, port)
        state.withLock { $0 = State(isResolved: true, isOnly: found.count == 1, untried: found) }
    }

    /// Whether there is an address that nobody has tried.
    var hasUntried: Bool { state.withLock { !$0.untried.isEmpty } }

    /// Whether the host has one address.
    var isOnly: Bool { state.withLock { $0.isOnly } }

    /// The next address to try.
    func take() -> SocketAddress? { state.withLock { $0.untried.isEmpty ? nil : $0.untried.removeFirst() } }

    /// Gives back addresses that were begun and are not needed: another one was faster.
    func putBack(_ addresses: [SocketAddress]) { state.withLock { $0.untried.insert(contentsOf: addresses, at: 0) } }
}

/// Connects to whichever address of a host answers first: the next one is begun when one has failed, or has not answered
/// within 250 ms (RFC 8305, section 5).
struct AddressRace {
    static let delay = Duration.milliseconds(250)
    private static let lookAround = Duration.milliseconds(100)

    let addresses: HostAddresses
    let deadline: Moment
    /// Whether anybody still wants the connection.
    let isWanted: @Sendable () -> Bool

    private struct Runner {
        let descriptor: Int32
        let address: SocketAddress
    }

    /// Returns a connected socket, which is the caller's to close.
    func run() throws(AMQPError) -> Int32 {
        var runners: [Runner] = []
        var nextStart = Moment.now
        var failure: AMQPError?
        while true {
            let now = Moment.now
            guard now < deadline, isWanted() else {
                for runner in runners { close(runner.descriptor) }
                throw now < deadline
                    ? .closedByThisSide : failure ?? AMQPError(.connectTimedOut, "no connection in time")
            }
            if nextStart <= now, let address = addresses.take() {
                do throws(AMQPError) {
                    runners.append(Runner(descriptor: try address.beginConnecting(), address: address))
                    nextStart = now + Self.delay
                } catch {
                    failure = error
                }
                continue
            }
            if runners.isEmpty, !addresses.hasUntried {
                throw failure ?? AMQPError(.connectionRefused, "no address of the host is left to be tried")
            }
            let end = addresses.hasUntried ? min(deadline, nextStart) : deadline
            guard let (runner, reason) = wait(for: runners, until: min(end, now + Self.lookAround)) else { continue }
            runners.removeAll { $0.descriptor == runner.descriptor }
            guard reason != 0 else {
                for loser in runners { close(loser.descriptor) }
                addresses.putBack(runners.map(\.address))
                return runner.descriptor
            }
            close(runner.descriptor)
            failure = .connecting(reason: reason, to: runner.address.text)
            nextStart = now
        }
    }

    /// The first of the sockets whose attempt is over, and 0 or the reason why it is not connected.
    private func wait(for runners: [Runner], until end: Moment) -> (Runner, Int32)? {
        var entries = runners.map { pollfd(fd: $0.descriptor, events: Int16(POLLOUT), revents: 0) }
        guard poll(&entries, nfds_t(entries.count), (end - .now).waitMilliseconds) > 0 else { return nil }
        guard let index = entries.firstIndex(where: { $0.revents != 0 }) else { return nil }
        var reason: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(entries[index].fd, SOL_SOCKET, SO_ERROR, &reason, &size)
        return (runners[index], reason)
    }
}
