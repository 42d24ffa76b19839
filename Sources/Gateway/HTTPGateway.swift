// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Access
public import HTTPServer
public import Logging
public import Messaging
internal import Names
public import Threads

/// Answers HTTP requests with RPC: routes each to the part of the gateway that answers it.
///
/// A request handler of the HTTP server. Calls end on a thread of the driver; nothing here blocks.
public final class HTTPGateway: HTTPRequestHandler {
    /// What the gateway says about itself, and what it gets from the process around it.
    public struct Environment: Sendable {
        /// The version of the program.
        public var version: String
        /// The transport's URL without secrets.
        public var transport: String
        /// The text of the metrics page; called for each request of it.
        public var metricsPage: @Sendable () -> String
        /// Whether the loops of the HTTP server turn.
        public var loopsTurn: @Sendable () -> Bool
        /// The loop that keeps the times of operations and streams.
        public var loop: EventLoop
        /// How many listeners to notifications there may be, whatever is configured: each of them is a connection that
        /// stays.
        public var maximumListeners: Int
        /// How many subscriptions to notifications there may be: each of them is a connection to the broker.
        public var maximumSubscriptions: Int
        /// What those who run the gateway can do, and where.
        public var administration: Administration

        /// Makes an environment.
        public init(
            version: String,
            transport: String,
            metricsPage: @escaping @Sendable () -> String,
            loopsTurn: @escaping @Sendable () -> Bool,
            loop: EventLoop,
            maximumListeners: Int = .max,
            maximumSubscriptions: Int = 1_000,
            administration: Administration = Administration()
        ) {
            self.version = version
            self.transport = transport
            self.metricsPage = metricsPage
            self.loopsTurn = loopsTurn
            self.loop = loop
            self.maximumListeners = maximumListeners
            self.maximumSubscriptions = maximumSubscriptions
            self.administration = administration
        }
    }

    private let core: GatewayCore
    private let loop: EventLoop
    private let calls: Calls
    private let plainCalls: PlainCalls
    private let jsonRPC: JSONRPCCalls
    private let notifier: NotificationSender
    private let streams: NotificationStreams
    private let operations: Operations
    private let probes: Probes
    private let pages: Pages
    private let logLevel: LogLevelPage
    private let inFlightPage: InFlightPage
    private let decoder = BodyDecoder()
    private let admission: Admission
    let deliveries: Deliveries

    /// Makes a gateway over a driver, which its owner starts and shuts down.
    ///
    /// - Parameter access: who may come in; nil where everybody may.
    public init(
        driver: any Driver,
        configuration: GatewayConfiguration,
        environment: Environment,
        access: AccessControl? = nil,
        logger: Logger
    ) {
        core = GatewayCore(
            driver: driver,
            configuration: configuration,
            access: access,
            administration: environment.administration,
            logger: logger
        )
        loop = environment.loop
        admission = Admission(core)
        calls = Calls(core)
        plainCalls = PlainCalls(core)
        jsonRPC = JSONRPCCalls(core)
        notifier = NotificationSender(core)
        streams = NotificationStreams(core, environment)
        operations = Operations(core, loop: environment.loop)
        probes = Probes(core, loopsTurn: environment.loopsTurn)
        pages = Pages(core, environment)
        logLevel = LogLevelPage(core)
        inFlightPage = InFlightPage(core, loop: environment.loop)
        deliveries = Deliveries(core, operations)
    }

    /// The configuration in force.
    public var configuration: GatewayConfiguration { core.configuration }

    /// Puts another configuration in force, whole; requests under way keep the one they began with.
    public func update(_ configuration: GatewayConfiguration) { update(configuration, access: core.ownAccess) }

    /// Puts another configuration in force, and who may come in, both together.
    public func update(_ configuration: GatewayConfiguration, access: AccessControl?) {
        core.update(configuration, access: access)
    }

    /// Who may come in; nil where everybody may.
    public var access: AccessControl? { core.access.flatMap { $0.asks ? $0 : nil } }

    /// Begins to log when the broker falls silent, by the rule of `/readyz`, and when that is over.
    public func watchBroker() { probes.watchSilence(on: loop) }

    /// Requests under way that send something.
    public var inFlight: Int { core.inFlight }
    /// Whether replies can be received, by the rule of `/readyz`.
    public var receivesReplies: Bool { probes.receivesReplies }

    /// How many clients listen for notifications.
    public var notificationListeners: Int { streams.listenerCount }

    /// Turns *ready* off and refuses new calls; those under way go on.
    ///
    /// Clients that wait for the end of an operation are told that it still runs; streams of notifications end.
    public func beginGracefulShutdown() {
        core.beginDraining()
        operations.close()
        streams.beginDraining()
    }

    /// Ends what listening for notifications has left at the broker, by the deadline at the latest.
    public func closeNotifications(deadline: Moment) async { await streams.close(deadline: deadline) }
}

// MARK: Requests

extension HTTPGateway {
    /// Refuses on the head alone what waits for `100 Continue`, and large bodies from strangers; others are answered
    /// after their body, which keeps the connection usable.
    public func refusal(for head: RequestHead) -> HTTPResponse? {
        let waits = head.fields.contains("Expect")
        guard waits || (core.asksForCallers && head.mayHaveLargeBody) else { return nil }
        let identity = RequestIdentity(head.fields)
        do throws(Problem) {
            if let access = core.access { try admission.check(head, identity, access) }
            if waits { try check(head, identity) }
            return nil
        } catch {
            core.metrics.refused(error.code)
            var response = error.response(identity)
            response.fields += core.crossOrigin.fields(head)
            return response
        }
    }

    /// Answers the probes of the process and its metrics when there is no place for other connections.
    public func isUrgent(_ head: RequestHead) -> Bool {
        guard let route = try? Router.route(head.path) else { return false }
        switch route {
        case .healthy, .ready: return true
        case .page(.metrics): return route.isServed(at: head.entrance, isSeparate: core.administration.isSeparate)
        default: return false
        }
    }

    /// Answers a request, now or when its call has ended.
    public func handle(_ request: consuming HTTPRequest, responder: Responder) {
        if core.crossOrigin.isUsed, answer(fromAbroad: request.head, responder) { return }
        handle(request, answeringTo: .client(responder))
    }

    /// Answers a preflight, before anybody is asked who they are; other answers it tells whose page may see them.
    @inline(never)
    private func answer(fromAbroad head: RequestHead, _ responder: Responder) -> Bool {
        if let answer = core.crossOrigin.answer(toPreflight: head) {
            responder.respond(answer)
            return true
        }
        responder.add(core.crossOrigin.fields(head))
        return false
    }

    /// Gives up a call whose client has gone.
    public func clientHasGone(_ first: UInt64, _ second: UInt64) {
        core.driver.cancel(UniqueID(high: first, low: second))
    }

    /// Gives failures of the HTTP layer itself the form of all others.
    public func response(to failure: HTTPFailure) -> HTTPResponse {
        let problem = Problem(failure)
        core.metrics.refused(problem.code)
        var response = problem.response(RequestIdentity(given: nil))
        if let origin = failure.origin { response.fields += core.crossOrigin.fields(ofRefusal: origin) }
        return response
    }

    /// Answers a request, wherever its answer goes.
    func handle(_ request: consuming HTTPRequest, answeringTo sink: ResponseSink) {
        let identity = RequestIdentity(request.head.fields)
        let plan = plan(request.head)
        let exchange = Exchange(request: request, identity: identity, sink: sink)
        if let access = plan.map({ $0.snapshot.access }) ?? core.access { return ask(exchange, plan, access) }
        execute(exchange, decoding: plan)
    }

    /// Finds out who a request is from before anything is done for it.
    @inline(never)
    private func ask(_ exchange: Exchange, _ plan: CallPlan?, _ access: AccessControl) {
        do throws(Problem) {
            if access.isBehindProxy {
                try admit(admission.locate(exchange, access), plan, access)
            } else {
                try admit(exchange, plan, access)
            }
        } catch {
            refuse(exchange, error, isStranger: true)
        }
    }

    private func admit(_ exchange: Exchange, _ plan: CallPlan?, _ access: AccessControl) throws(Problem) {
        switch try admission.look(exchange, access) {
        case .known(let exchange): execute(exchange, decoding: plan)
        case .unproved(let token):
            try admission.prove(token, exchange, access) { [self] result in
                switch result {
                case .success(let exchange): execute(exchange, decoding: plan)
                case .failure(let problem): refuse(exchange, problem, isStranger: true)
                }
            }
        }
    }

    /// Answers a request whose body may be coded.
    @inline(__always)
    private func execute(_ exchange: Exchange, decoding plan: CallPlan?) {
        guard !exchange.request.head.fields.contains("Content-Encoding") else { return decode(exchange, plan) }
        execute(exchange, plan)
    }

    /// Answers a request whose body is not coded any more.
    @inline(__always)
    private func execute(_ exchange: Exchange, _ plan: CallPlan?) {
        do throws(Problem) {
            try exchange.caller?.checkOwnLimit(exchange.request.body)
            if let plan {
                try deliver(exchange) { exchange throws(Problem) in try calls.send(plan, exchange) }
            } else {
                try answer(exchange)
            }
        } catch {
            refuse(exchange, error)
        }
    }

    /// Decodes a body, where the path takes JSON; a message of plain AMQP is sent as it is.
    @inline(never)
    private func decode(_ exchange: Exchange, _ plan: CallPlan?) {
        let request = exchange.request
        do throws(Problem) {
            guard plan != nil || takesJSON(request.head), try ContentCoding.isCoded(request.head.fields),
                !request.body.isEmpty
            else { return execute(exchange, plan) }
            let loop = EventLoop.current
            try decoder.decode(request.body, maximumBytes: core.configuration.maximumBodyBytes) { [self] result in
                // What comes next touches what belongs to the request's loop.
                guard let loop, !loop.isCurrent else { return goOn(with: exchange, plan, result) }
                loop.execute { [self] in goOn(with: exchange, plan, result) }
            }
        } catch {
            refuse(exchange, error)
        }
    }

    private func goOn(with exchange: Exchange, _ plan: CallPlan?, _ decoded: Result<[UInt8], Problem>) {
        switch decoded {
        case .success(let body): execute(exchange.with(body: body), plan)
        case .failure(let problem): refuse(exchange, problem)
        }
    }

    private func takesJSON(_ head: RequestHead) -> Bool {
        switch try? route(head) {
        case .rpc, .jsonRPC, .notify: head.method == "POST"
        default: false
        }
    }

    /// Answers with what is wrong with a request, and what it was about where its path shows that.
    ///
    /// - Parameter isStranger: whether it is unknown who it is from; a stranger is told nothing of the configuration,
    ///   nor of a path and query in which a credential may stand.
    private func refuse(_ exchange: Exchange, _ problem: Problem, isStranger: Bool = false) {
        core.metrics.refused(problem.code)
        var document = ProblemDocument(problem: problem, request: exchange.identity)
        if !isStranger,
            let (target, method) = RefusedTarget.find(exchange.request.head, core.configuration)
        {
            (document.target, document.method) = (target, method)
        }
        guard exchange.request.head.method == "HEAD", problem.allowsGet else {
            return exchange.sink.respond(document.response)
        }
        // GET begins a stream here, so there is no length that HEAD could tell (RFC 9110, section 8.6).
        var head = document.response
        head.body = []
        _ = exchange.sink.respond(streaming: head, bufferLimit: 0) { _ in }
    }

    /// The plan of a path that was called lately, which then needs no route.
    private func plan(_ head: borrowing RequestHead) -> CallPlan? {
        head.method == "POST" && head.entrance == .ordinary ? core.plan(head) : nil
    }

    /// What a request asks for, by its path and method.
    ///
    /// - Throws: 400, 403, 404 or 405.
    private func route(_ head: RequestHead) throws(Problem) -> Route {
        let route = try Router.route(head.path)
        guard route.isServed(at: head.entrance, isSeparate: core.administration.isSeparate) else {
            throw .notFound("Nothing is served at this path here; administration has listeners of its own")
        }
        guard route.takes(head.method) || head.method == "OPTIONS" else {
            // The length of the answer to HEAD is that of the one to GET.
            throw .methodNotAllowed(head.method == "HEAD" ? "GET" : head.method, allow: route.allow)
        }
        return route
    }

    private func answer(_ exchange: Exchange) throws(Problem) {
        let head = exchange.request.head
        guard !head.path.elementsEqual("*".utf8) else { return Self.tellMethods("GET, HEAD, POST, OPTIONS", exchange) }
        let route = try route(head)
        guard head.method != "OPTIONS" else { return Self.tellMethods(route.allow, exchange) }
        switch route {
        case .rpc(let route): try deliver(exchange) { exchange throws(Problem) in try calls.send(route, exchange) }
        case .plain(let route):
            try deliver(exchange) { exchange throws(Problem) in try plainCalls.send(route, exchange) }
        case .jsonRPC: try deliver(exchange) { exchange throws(Problem) in try jsonRPC.send(exchange) }
        case .notify(let topic, let eventType):
            try deliver(exchange) { exchange throws(Problem) in try notifier.send(topic, eventType, exchange) }
        case .operation(let id):
            try permit(.operation, exchange)
            try operations.answer(id, exchange, core.configuration)
        case .notifications(let topic): try streams.listen(topic, exchange)
        case .healthy:
            try permit(.probe("healthy"), exchange)
            try probes.healthy(exchange)
        case .ready:
            try permit(.probe("ready"), exchange)
            try probes.ready(exchange)
        case .health(let topic, let server): try probes.health(Target(topic: topic, server: server), exchange)
        case .page(let page):
            try permit(AccessRequest(page), exchange)
            try pages.answer(page, exchange)
        case .logLevel:
            try administer(.logLevel, exchange)
            try logLevel.answer(exchange)
        case .inFlight:
            try administer(.inFlight, exchange)
            try inFlightPage.answer(exchange)
        }
    }

    /// Asks the policy about requests that send no message; the parts of the gateway ask about their own.
    private func permit(_ asked: AccessRequest, _ exchange: Exchange) throws(Problem) {
        _ = try exchange.caller?.permit(asked, core, exchange.identity)
    }

    /// Asks the policy about what those who run the gateway do, and whether they are known or on this machine.
    private func administer(_ asked: AccessRequest, _ exchange: Exchange) throws(Problem) {
        try core.administration.check(exchange)
        try permit(asked, exchange)
    }

    /// Sends what a request asks for, and has it answered at once, later, or as it was answered before.
    @inline(__always)
    private func deliver(
        _ exchange: Exchange,
        _ send: (Exchange) throws(Problem) -> Void
    ) throws(Problem) {
        guard let wish = try DeliveryWish(exchange.request.head.fields, exchange.caller) else {
            return try send(exchange)
        }
        try deliveries.deliver(exchange, wish, send)
    }

    /// Checks what the head alone shows.
    private func check(_ head: RequestHead, _ identity: RequestIdentity) throws(Problem) {
        if takesJSON(head) { _ = try ContentCoding.isCoded(head.fields) }
        if let plan = plan(head) {
            _ = try CallRequest(head, plan: plan, identity)
            return
        }
        switch try route(head) {
        case .rpc(let route): _ = try CallRequest(head, route: route, identity, core.snapshot)
        case .plain(let route): _ = try PlainCall(head, route: route, core.configuration)
        case .jsonRPC: try CallRequest.checkContentType(head, core.configuration.crossOrigin)
        case .notify, .operation, .notifications, .healthy, .ready, .health, .page, .logLevel, .inFlight: break
        }
    }

    private static func tellMethods(_ allow: String, _ exchange: Exchange) {
        exchange.sink.respond(HTTPResponse(status: 204, fields: [("Allow", allow)] + exchange.identity.fields))
    }
}
