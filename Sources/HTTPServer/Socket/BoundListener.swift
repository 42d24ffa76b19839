// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

/// A listener that is open, with a descriptor for each loop.
///
/// On TCP each loop has a socket of its own, among which the kernel shares connections out. A Unix socket, and one that
/// the process was started with, is one socket that all loops wait for: whoever is idle is there first, and the others
/// find nothing.
struct BoundListener {
    let address: BoundAddress
    /// The hosts that requests on it may be for.
    let hosts: AnsweredHosts
    /// One for each loop.
    let descriptors: [Int32]
    /// Whether others may go on listening with it after our end.
    var isInherited = false
    /// What is to be removed at the end.
    var file: SocketFile?

    /// Opens all listeners of a server, or none.
    static func open(_ configuration: HTTPServerConfiguration) throws(HTTPServerError) -> [BoundListener] {
        var bound: [BoundListener] = []
        do throws(HTTPServerError) {
            for listener in configuration.listeners { bound.append(try open(listener, configuration)) }
        } catch {
            for listener in bound { listener.close() }
            throw error
        }
        return bound
    }

    /// Closes what no loop has taken over, and removes its file.
    func close(from loop: Int = 0) {
        for descriptor in descriptors[loop...] { Glibc.close(descriptor) }
        file?.remove()
    }

    private static func open(
        _ listener: HTTPListener,
        _ configuration: HTTPServerConfiguration
    ) throws(HTTPServerError) -> BoundListener {
        switch listener.place {
        case .tcp(let host, let port):
            let (descriptors, address) = try TCPSockets.open(host, port, configuration)
            return BoundListener(
                address: .tcp(host: address.host, port: address.port),
                hosts: AnsweredHosts(configuration.hosts, address: address.host, port: address.port, name: host),
                descriptors: descriptors
            )
        case .unix(let path, let mode):
            let (descriptor, file) = try UnixSocket.open(path, mode: mode, backlog: configuration.backlog)
            do throws(HTTPServerError) {
                return BoundListener(
                    address: .unix(path: path),
                    hosts: AnsweredHosts(ofUnixSocket: configuration.hosts),
                    descriptors: try copies(of: descriptor, configuration.loopCount),
                    file: file
                )
            } catch {
                file.remove()
                throw error
            }
        case .inherited(let descriptor):
            let address = try InheritedSocket.takeOver(descriptor)
            return BoundListener(
                address: address,
                hosts: hosts(at: address, configuration),
                descriptors: try copies(of: descriptor, configuration.loopCount),
                isInherited: true
            )
        }
    }

    private static func hosts(at address: BoundAddress, _ configuration: HTTPServerConfiguration) -> AnsweredHosts {
        switch address {
        case .tcp(let host, let port): AnsweredHosts(configuration.hosts, address: host, port: port, name: host)
        case .unix: AnsweredHosts(ofUnixSocket: configuration.hosts)
        }
    }

    /// A descriptor for each loop, of which the first is the given one; closes it where there are none.
    private static func copies(of descriptor: Int32, _ count: Int) throws(HTTPServerError) -> [Int32] {
        var descriptors = [descriptor]
        while descriptors.count < count {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else {
                for descriptor in descriptors { Glibc.close(descriptor) }
                throw HTTPServerError(
                    code: .outOfResources,
                    message: "no descriptor is left to listen with: raise the limit of open files"
                )
            }
            descriptors.append(copy)
        }
        return descriptors
    }
}
