// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import HTTPServer
internal import Logging
internal import Messaging
internal import Metrics
internal import Observability
internal import RabbitDriver
internal import ServiceLifecycle
internal import Threads

/// The composition root: every object of the server is made here, once, in order.
struct Application: Sendable {
    let logger: Logger
    let logLevel: LogLevelSwitch
    let registry: MetricsRegistry
    let driver: any Driver
    let gateway: HTTPGateway
    let server: HTTPServer
    /// For those who run the gateway; nil where they ask at the same addresses as everybody.
    let administration: HTTPServer?
    let demo: RPCServer?
    /// Where sockets listen that the process was started with.
    let startedPlaces: [BoundAddress]
    /// The state of the access files when they were read.
    let accessStamps: [FileStamp]
    /// The state of the files of TLS when they were read.
    let tlsStamps: [FileStamp]

    /// Makes everything and starts nothing.
    ///
    /// - Throws: what is wrong with the transport's address or options, the files of access and TLS, or the sockets that the
    ///   process was started with.
    init(_ settings: Settings, _ started: StartedSockets) throws {
        logLevel = LogLevelSwitch(settings.logLevel)
        let (level, format) = (logLevel, settings.logFormat)
        logger = Logger(label: "rpc-gateway") { LineLogHandler(label: $0, format: format, level: level) }
        registry = MetricsRegistry()
        MetricsSystem.bootstrap(registry.factory)

        let listeners = try settings.listen.listeners(started)
        if listeners.started.count < started.sockets.count {
            logger.warning(
                "nothing listens on some sockets of the start: name them in http.listen, or remove their unit"
            )
        }
        startedPlaces = listeners.started
        if let reason = settings.reasonNotToServe(startedPlaces) {
            throw SettingsError(problems: [SettingsProblem(subject: settings.openAddresses.key, reason: reason)])
        }

        // Before they are read, lest a change in between go unseen.
        let stamps = settings.access.files.map { FileStamp(of: $0) }
        let access = try AccessLoading.load(settings.access, after: nil, logger: logger)
        accessStamps =
            stamps
            + AccessLoading.files(settings.access, access).dropFirst(stamps.count).map {
                FileStamp(of: $0)
            }
        tlsStamps = TLSLoading.files(settings).map { FileStamp(of: $0) }
        let tls = try TLSLoading.load(settings)
        let url = try settings.transport.address
        let loops = try Self.makeLoops(settings.http.loopCount)
        driver = try Drivers.make(url, settings, loops: loops, logger: logger)
        demo = settings.runsDemo ? try Self.makeDemo(driver, logger) : nil

        let budget = DescriptorBudget(
            limit: HTTPServer.hardDescriptorLimit,
            driver: driver.descriptors,
            loops: loops.count,
            isSeparate: !listeners.administration.isEmpty
        )
        var http = settings.http
        http.reservedDescriptors = budget.reserved
        http.loopCount = loops.count
        http.listeners = listeners.ordinary
        let (registry, running, switched) = (registry, Reference<HTTPServer>(), logLevel)
        gateway = HTTPGateway(
            driver: driver,
            configuration: settings.gatewayConfiguration,
            environment: HTTPGateway.Environment(
                version: RPCGateway.programVersion,
                transport: url.redactedDescription,
                metricsPage: { registry.render() },
                loopsTurn: { running.value.map { $0.statistics.oldestTurnAge < .seconds(5) } ?? true },
                loop: loops[0],
                // Streams last, so half of the connections are left to calls.
                maximumListeners: max(1, HTTPServer.maximumConnections(http) / 2),
                maximumSubscriptions: budget.subscriptions,
                administration: Administration(
                    isSeparate: !listeners.administration.isEmpty,
                    isLocal: listeners.isAdministrationLocal,
                    logLevel: { switched.level },
                    setLogLevel: { switched.level = $0 },
                    underWay: { running.value?.attachments($0) ?? 0 }
                )
            ),
            access: access,
            logger: logger
        )
        server = HTTPServer(
            configuration: http,
            handler: gateway,
            tls: tls,
            loops: loops,
            logger: logger
        )
        administration = try Self.makeAdministration(http, listeners.administration, gateway, tls, logger)
        running.value = server
        registry.addProcessMetrics()
        registry.addGatewayMetrics(gateway, driver, server, administration)
    }

    /// Has both servers begin handshakes with other certificates and rules from now on.
    func update(tls: TLSContext) {
        server.update(tls: tls)
        administration?.update(tls: tls)
    }

    /// The loops that carry everything, HTTP and broker connections alike; they turn until the process ends.
    private static func makeLoops(_ count: Int) throws(OutOfResources) -> [EventLoop] {
        var loops: [EventLoop] = []
        for number in 0..<count {
            let loop = try EventLoop(name: "loop-\(number)")
            try loop.start()
            loops.append(loop)
        }
        return loops
    }

    /// A server of few connections on a loop of its own, so that it answers whatever the others are busy with.
    private static func makeAdministration(
        _ ordinary: HTTPServerConfiguration,
        _ listeners: [HTTPListener],
        _ gateway: HTTPGateway,
        _ tls: TLSContext?,
        _ logger: Logger
    ) throws(OutOfResources) -> HTTPServer? {
        guard !listeners.isEmpty else { return nil }
        var configuration = ordinary
        configuration.listeners = listeners
        configuration.entrance = .administrative
        configuration.maximumConnections = 32
        configuration.maximumConnectionsPerAddress = 0
        configuration.maximumDescriptors = DescriptorBudget.administration
        configuration.reservedDescriptors = 0
        configuration.maximumBodyBytes = 64 << 10
        configuration.maximumArrivingBodyBytes = 1 << 20
        let loop = try EventLoop(name: "admin")
        try loop.start()
        return HTTPServer(configuration: configuration, handler: gateway, tls: tls, loops: [loop], logger: logger)
    }

    private static func makeDemo(_ driver: any Driver, _ logger: Logger) throws -> RPCServer {
        guard let driver = driver as? any ListeningDriver else {
            throw MessagingError(.invalidRequest, "demo.enabled: nothing can listen on this transport")
        }
        return DemoEndpoint.server(on: driver, logger: logger)
    }

    /// The parts that run, in the order in which they start; they stop in the reverse order. Called once.
    func services(
        _ settings: Settings,
        reload: @escaping @Sendable () throws(SettingsError) -> LoadedSettings
    ) -> [any Service] {
        let demo: [any Service] = demo.map { [$0] } ?? []
        gateway.watchBroker()
        return [TransportService(driver: driver, grace: settings.shutdownGrace)] + demo + [
            ReloadService(application: self, settings: settings, load: reload),
            HTTPService(
                gateway: gateway,
                server: server,
                administration: administration,
                settings: settings,
                hasDemo: !demo.isEmpty,
                started: startedPlaces,
                logger: logger
            ),
        ]
    }
}

/// A reference that is set after it was handed out, for two objects that know each other.
final class Reference<Value: AnyObject & Sendable>: Sendable {
    private let storage = Guarded<Value?>(nil)

    /// The object, once it is there.
    var value: Value? {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }
}

/// Runs a driver: connects at the start, and leaves the broker tidy at the end.
struct TransportService: Service {
    let driver: any Driver
    let grace: Duration

    func run() async throws {
        driver.start()
        try? await gracefulShutdown()
        // The calls have ended by now (the HTTP side stops first): what is left is flushing, deleting and closing.
        await driver.shutdown(deadline: .now.advanced(by: min(grace, .seconds(5))))
    }
}
