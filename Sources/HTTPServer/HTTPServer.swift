// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Logging
internal import Synchronization
public import Threads

/// An HTTP/1.1 server.
///
/// Each of its event loops waits for sockets, runs libmicrohttpd and calls the handler. All methods may be called from
/// any thread other than those of the loops.
public final class HTTPServer: Sendable {
    private enum Phase {
        case made
        case serving(loops: [ServerLoop], addresses: [BoundAddress], files: [SocketFile])
        case stopped
    }

    private let configuration: HTTPServerConfiguration
    private let handler: any HTTPRequestHandler
    private let logger: Logger
    private let counters: ServerCounters
    private let places: ConnectionPlaces
    private let givenLoops: [EventLoop]?
    private let tls: ServerTLS?
    private let phase = Guarded<Phase>(.made)

    /// Makes a server that does nothing yet, except that it raises the process's soft limit of open files where needed.
    ///
    /// - Parameters:
    ///   - tls: what it speaks TLS with; nil has it speak HTTP in plain text.
    ///   - loops: the running loops that it serves on, which outlive it; nil has it make `loopCount` of its own.
    public init(
        configuration: HTTPServerConfiguration,
        handler: any HTTPRequestHandler,
        tls: TLSContext? = nil,
        loops: [EventLoop]? = nil,
        logger: Logger
    ) {
        var configuration = configuration
        self.tls = tls.map { ServerTLS($0) }
        if let loops { configuration.loopCount = loops.count }
        givenLoops = loops
        self.configuration = configuration
        self.handler = handler
        self.logger = logger
        places = Self.places(configuration)
        counters = ServerCounters(
            maximumConnections: places.ordinary,
            maximumConnectionsPerAddress: configuration.maximumConnectionsPerAddress
        )
    }

    /// The descriptors that this process may have, once a server has raised the limit as far as it is allowed to.
    public static var hardDescriptorLimit: Int { DescriptorLimit.hard }

    /// Opens the listeners and begins to serve; an error says the reason and the fix, and leaves nothing open.
    public func start() throws(HTTPServerError) {
        let problems = configuration.problems
        guard problems.isEmpty else {
            throw HTTPServerError(code: .invalidConfiguration, message: problems.joined(separator: "; "))
        }
        guard case .made = phase.withLock({ $0 }) else {
            throw HTTPServerError(code: .alreadyStarted, message: "a server is started once: make a new one")
        }
        warnOfLimit()
        let listeners = try BoundListener.open(configuration)
        let files = listeners.compactMap(\.file)
        let eventLoops = try makeEventLoops(listeners)
        do throws(HTTPServerError) {
            let loops = try makeLoops(listeners, eventLoops)
            try start(loops)
            phase.withLock { $0 = .serving(loops: loops, addresses: listeners.map(\.address), files: files) }
        } catch {
            for file in files { file.remove() }
            endOwn(eventLoops)
            throw error
        }
    }

    /// The most connections that a server with this configuration has open at once: `maximumConnections`, or what the
    /// limit of open files allows, which is raised as far as needed and allowed.
    public static func maximumConnections(_ configuration: HTTPServerConfiguration) -> Int {
        places(configuration).ordinary
    }

    /// The places for connections within the limit of open files, which is raised if needed and allowed.
    private static func places(_ configuration: HTTPServerConfiguration) -> ConnectionPlaces {
        // What is wrong with the values is said by `start`.
        let loops = min(max(1, configuration.loopCount), 64)
        let maximum = min(max(1, configuration.maximumConnections), 1_000_000)
        let reserved = min(max(0, configuration.reservedDescriptors), 1_000_000)
        let needed = ConnectionPlaces.descriptors(for: maximum, loops: loops) + reserved
        let limit = DescriptorLimit.raise(towards: needed)
        // Where the limit is low, the rest of the process gets no more than half of it.
        let left = max(limit - min(limit, reserved), limit / 2)
        let descriptors = min(left, max(16, configuration.maximumDescriptors ?? left))
        return ConnectionPlaces(maximum: maximum, descriptors: descriptors, loops: loops)
    }

    private func warnOfLimit() {
        guard places.ordinary < configuration.maximumConnections else { return }
        logger.warning(
            "fewer open files allowed than connections: raise the hard limit of open files or lower maximumConnections",
            metadata: ["connections": "\(places.ordinary)", "maximum": "\(configuration.maximumConnections)"]
        )
    }

    private func makeEventLoops(_ listeners: [BoundListener]) throws(HTTPServerError) -> [EventLoop] {
        if let givenLoops { return givenLoops }
        var loops: [EventLoop] = []
        do throws(OutOfResources) {
            for number in 0..<configuration.loopCount {
                let loop = try EventLoop(name: "http-\(number)")
                try loop.start()
                loops.append(loop)
            }
            return loops
        } catch {
            endOwn(loops)
            for listener in listeners { listener.close() }
            throw HTTPServerError(code: .outOfResources, message: "\(error)")
        }
    }

    private func start(_ loops: [ServerLoop]) throws(HTTPServerError) {
        for (number, loop) in loops.enumerated() {
            do throws(OutOfResources) {
                try loop.start()
            } catch {
                for served in loops[..<number] { served.beginDrain(until: .now) }
                for served in loops[..<number] { _ = served.waitUntilStopped(limit: .now + .seconds(2)) }
                for unused in loops[number...] { unused.abandon() }
                throw HTTPServerError(code: .outOfResources, message: "\(error)")
            }
        }
    }

    private func endOwn(_ loops: [EventLoop]) {
        if givenLoops == nil { for loop in loops { loop.stop() } }
    }

    private func makeLoops(
        _ listeners: [BoundListener],
        _ eventLoops: [EventLoop]
    ) throws(HTTPServerError) -> [ServerLoop] {
        var loops: [ServerLoop] = []
        for (number, eventLoop) in eventLoops.enumerated() {
            guard
                let loop = ServerLoop(
                    eventLoop: eventLoop,
                    listeners: listeners.map { LoopListener($0, loop: number) },
                    configuration: configuration,
                    handler: handler,
                    counters: counters,
                    places: places,
                    tls: tls,
                    logger: logger
                )
            else {
                for loop in loops { loop.abandon() }
                for unused in listeners { unused.close(from: number + 1) }
                throw HTTPServerError(
                    code: .outOfResources,
                    message: "libmicrohttpd could not be started: raise the limits of open files and memory"
                )
            }
            loops.append(loop)
        }
        return loops
    }

    /// Where the server listens, in the order of its listeners; empty before the start.
    public var boundAddresses: [BoundAddress] {
        guard case .serving(_, let addresses, _) = phase.withLock({ $0 }) else { return [] }
        return addresses
    }

    /// The first port that the server listens on; 0 before the start, and without one of TCP.
    public var boundPort: UInt16 {
        for case .tcp(_, let port) in boundAddresses { return port }
        return 0
    }

    private var loops: [ServerLoop] {
        guard case .serving(let loops, _, _) = phase.withLock({ $0 }) else { return [] }
        return loops
    }

    /// Where a descriptor listens that the process was started with; nil when it does not.
    public static func address(ofInherited descriptor: Int32) -> BoundAddress? { InheritedSocket.address(descriptor) }

    /// What TLS is spoken with; nil for a server that speaks none.
    public var currentTLS: TLSContext? { tls?.current }

    /// Has handshakes from now on begin with other certificates and rules. Connections stay: a client whose certificate these would
    /// refuse is turned away with its next request. Has no effect on a server that speaks no TLS.
    public func update(tls context: TLSContext) { tls?.current = context }

    /// What the server is doing now.
    public var statistics: HTTPServerStatistics {
        HTTPServerStatistics(
            connections: counters.connections.load(ordering: .relaxed),
            requestsInFlight: counters.requestsInFlight.load(ordering: .relaxed),
            arrivingBodyBytes: counters.arrivingBodyBytes.load(ordering: .relaxed),
            streams: counters.streams.load(ordering: .relaxed),
            refusedConnections: counters.refusedConnections.load(ordering: .relaxed),
            replacedConnections: counters.replacedConnections.load(ordering: .relaxed),
            handshakes: counters.handshakes.load(ordering: .relaxed),
            failedHandshakes: counters.failedHandshakes.load(ordering: .relaxed),
            oldestTurnAge: loops.map(\.turnAge).max() ?? .zero
        )
    }

    /// Says what is kept with the requests that wait, once for each loop, on the loop's thread; a loop that is stuck in a
    /// handler says nothing.
    ///
    /// - Returns: the number of loops.
    public func attachments(_ take: @escaping @Sendable ([any RequestAttachment]) -> Void) -> Int {
        let loops = loops
        for loop in loops { loop.tellAttachments(take) }
        return loops.count
    }

    /// Has every answer from here on tell its client that the connection ends with it; all else goes on.
    public func announceShutdown() {
        for loop in loops { loop.announceEnd() }
    }

    /// Stops accepting, closes idle connections a quarter of a second later and ends streams; requests on the way are served, with
    /// `Connection: close`.
    ///
    /// Returns at once and may be called more than once.
    public func beginGracefulShutdown() {
        removeFiles()
        for loop in loops { loop.beginDrain() }
    }

    /// Ends the server: waits for the requests on the way until the deadline, answers the rest 503 and stops the loops.
    ///
    /// Blocks the calling thread, at most until about two seconds past the deadline, so call it from a thread that may
    /// wait. A loop whose handler does not return is left behind.
    public func shutdown(deadline: Moment) {
        let serving = loops
        removeFiles()
        for loop in serving { loop.beginDrain(until: deadline) }
        for loop in serving where !loop.waitUntilStopped(limit: deadline + .seconds(2)) {
            logger.critical("loop left behind, its handler does not return")
        }
        endOwn(serving.map(\.eventLoop))
        phase.withLock { $0 = .stopped }
    }

    /// Removes the files of Unix sockets, while they are listened on: a server that finds one without a listener takes its
    /// place, and what is removed afterwards could be that one's.
    private func removeFiles() {
        guard case .serving(_, _, let files) = phase.withLock({ $0 }) else { return }
        for file in files { file.remove() }
    }
}
