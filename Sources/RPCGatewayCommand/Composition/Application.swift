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
    let demo: RPCServer?
    /// The state of the access files when they were read.
    let accessStamps: [FileStamp]

    /// Makes everything and starts nothing.
    ///
    /// - Throws: what is wrong with the transport's address or options, or with the access files.
    init(_ settings: Settings) throws {
        logLevel = LogLevelSwitch(settings.logLevel)
        let (level, format) = (logLevel, settings.logFormat)
        logger = Logger(label: "rpc-gateway") { LineLogHandler(label: $0, format: format, level: level) }
        registry = MetricsRegistry()
        MetricsSystem.bootstrap(registry.factory)

        // Before they are read, lest a change in between go unseen.
        let stamps = settings.access.files.map { FileStamp(of: $0) }
        let access = try AccessLoading.load(settings.access, after: nil, logger: logger)
        accessStamps =
            stamps
            + AccessLoading.files(settings.access, access).dropFirst(stamps.count).map {
                FileStamp(of: $0)
            }
        let url = try settings.transport.address
        let loops = try Self.makeLoops(settings.http.loopCount)
        driver = try Drivers.make(url, settings, loops: loops, logger: logger)
        demo = settings.runsDemo ? try Self.makeDemo(driver, logger) : nil

        let budget = DescriptorBudget(
            limit: HTTPServer.hardDescriptorLimit,
            driver: driver.descriptors,
            loops: loops.count
        )
        var http = settings.http
        http.reservedDescriptors = budget.reserved
        http.loopCount = loops.count
        let (registry, running) = (registry, Reference<HTTPServer>())
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
                maximumSubscriptions: budget.subscriptions
            ),
            access: access,
            logger: logger
        )
        server = HTTPServer(
            configuration: http,
            handler: gateway,
            loops: loops,
            logger: logger
        )
        running.value = server
        registry.addProcessMetrics()
        registry.addGatewayMetrics(gateway, driver, server)
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
            HTTPService(gateway: gateway, server: server, settings: settings, hasDemo: !demo.isEmpty, logger: logger),
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
