// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import HTTPServer

/// The sockets that the process was started with, by the rules of systemd's sd_listen_fds_with_names(3).
struct StartedSockets: Sendable, Equatable {
    struct Socket: Sendable, Equatable {
        var descriptor: Int32
        var name: String
    }

    /// What is wrong with the variables.
    struct Malformed: Error, Equatable {
        let text: String
    }

    /// The first descriptor behind standard error.
    private static let first: Int32 = 3
    /// More than there can be listeners for.
    private static let most = 64
    private static let variables = (process: "LISTEN_PID", count: "LISTEN_FDS", names: "LISTEN_FDNAMES")

    let sockets: [Socket]

    /// Reads the variables of a process; there is nothing for it where they are another's or missing.
    init(_ environment: [String: String], process: Int32) throws(Malformed) {
        guard let given = environment[Self.variables.process], let number = environment[Self.variables.count] else {
            sockets = []
            return
        }
        guard let wanted = WholeNumber.parse(given), wanted > 0 else {
            throw Malformed(text: "LISTEN_PID is no number of a process")
        }
        guard wanted == Int(process) else {
            sockets = []
            return
        }
        guard let count = WholeNumber.parse(number), (1...Self.most).contains(count) else {
            throw Malformed(text: "LISTEN_FDS is no number from 1 to \(Self.most)")
        }
        let names = environment[Self.variables.names].map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
        guard names == nil || names?.count == count else {
            throw Malformed(text: "LISTEN_FDNAMES has not as many names as LISTEN_FDS says")
        }
        sockets = (0..<count).map { Socket(descriptor: Self.first + Int32($0), name: names?[$0] ?? "unknown") }
    }

    /// Takes over those of this process, once, so that its children get neither the sockets nor the variables.
    static func take() throws(Malformed) -> StartedSockets {
        let started = try StartedSockets(ProcessEnvironment.variables, process: getpid())
        for socket in started.sockets { _ = fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC) }
        for name in [variables.process, variables.count, variables.names] {
            // Right: the name is read during the call, and no other thread runs yet that reads the environment.
            unsafe unsetenv(name)
        }
        return started
    }

    /// The sockets that an address means, where these are all addresses.
    func sockets(for address: ListenAddress, among all: [ListenAddress]) -> [Socket] {
        guard case .started(let name) = address else { return [] }
        if let name { return sockets.filter { $0.name.utf8.elementsEqual(name.utf8) } }
        return sockets.filter { !all.contains(.started(name: $0.name)) }
    }
}

extension ListenSettings {
    /// What the servers are told.
    struct Listeners {
        var ordinary: [HTTPListener] = []
        var administration: [HTTPListener] = []
        /// Where sockets listen that the process was started with.
        var started: [BoundAddress] = []
        /// Whether only this machine can reach the addresses for those who run the gateway.
        var isAdministrationLocal = true
    }

    /// Finds the sockets that the process was started with.
    ///
    /// - Throws: What is wrong with them.
    func listeners(_ started: StartedSockets) throws(SettingsError) -> Listeners {
        let all = addresses + administration
        let ordinary = try Self.listeners(("http.listen", addresses, mode), started, among: all)
        let others = try Self.listeners(("http.admin.listen", administration, administrationMode), started, among: all)
        return Listeners(
            ordinary: ordinary.listeners,
            administration: others.listeners,
            started: ordinary.started + others.started,
            isAdministrationLocal: !administration.contains(where: \.isOpenToOthers)
                && others.started.allSatisfy(\.isLocal)
        )
    }

    private static func listeners(
        _ group: (key: String, addresses: [ListenAddress], mode: UInt32),
        _ started: StartedSockets,
        among all: [ListenAddress]
    ) throws(SettingsError) -> (listeners: [HTTPListener], started: [BoundAddress]) {
        var listeners: [HTTPListener] = []
        var places: [BoundAddress] = []
        for address in group.addresses {
            switch address {
            case .tcp(let host, let port): listeners.append(.tcp(host, port: UInt16(port)))
            case .unix(let path): listeners.append(HTTPListener(.unix(path: path, mode: group.mode)))
            case .started:
                let sockets = started.sockets(for: address, among: all)
                guard !sockets.isEmpty else {
                    throw problem(group.key, address, "no such socket was passed at the start")
                }
                for socket in sockets {
                    guard let place = HTTPServer.address(ofInherited: socket.descriptor) else {
                        let what = "descriptor \(socket.descriptor), named \(socket.name), is no socket that listens"
                        throw problem(group.key, address, what)
                    }
                    places.append(place)
                    listeners.append(HTTPListener(.inherited(descriptor: socket.descriptor)))
                }
            }
        }
        return (listeners, places)
    }

    private static func problem(_ key: String, _ address: ListenAddress, _ what: String) -> SettingsError {
        let remedy = "start it by a .socket unit of systemd with ListenStream=, or name an address"
        return SettingsError(problems: [
            SettingsProblem(subject: key, value: address.text, reason: "\(what); \(remedy)")
        ])
    }
}
