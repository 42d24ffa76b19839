//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import HTTPServer
internal import Logging
internal import Messaging

extension HTTPGateway {
    /// Sends a call or cast; the answer comes when it has ended.
    func call(
        _ route: RPCRoute,
        _ http: HTTPRequest,
        _ identity: RequestIdentity,
        _ sink: AnswerSink
    ) throws(Problem) {
        let snapshot = snapshot
        let call = try CallRequest(http.head, route: route, identity, snapshot.configuration)
        let gathering = route.verb == .gather ? try gatheringDriver : nil
        let request = call.request(try Self.arguments(http.body), identity, snapshot.configuration)
        try enter(limit: snapshot.configuration.maximumInFlight)
        let answer = CallAnswer(call: call, identity: identity, snapshot: snapshot)
        switch route.verb {
        case .call: driver.call(request) { [self] in finish(answer, $0.map(answer.response), sink) }
        case .cast: driver.cast(request) { [self] in finish(answer, $0.map(answer.response), sink) }
        case .gather:
            let form = GatherForm(http.head.fields)
            gathering?.gather(request, minimum: call.minimum) { [self] in
                finish(answer, $0.map { answer.response($0, form) }, sink)
            }
        }
    }

    private static func arguments(_ body: [UInt8]) throws(Problem) -> JSONText {
        do {
            return try JSONObject.arguments(body)
        } catch {
            throw .invalidArguments(error)
        }
    }

    private func finish(_ answer: CallAnswer, _ result: Result<HTTPResponse, MessagingError>, _ sink: AnswerSink) {
        leave()
        let response: HTTPResponse
        var mayRepeat = false
        switch result {
        case .success(let good): response = good
        case .failure(let error):
            let problem = answer.problem(error)
            response = answer.response(problem)
            mayRepeat = problem.execution == .no
        }
        sink.respond(response, mayRepeat: mayRepeat)
        metrics.answered(answer.call.route.template, answer.identity, status: response.status)
        log(answer, status: response.status)
    }

    private func log(_ answer: CallAnswer, status: Int) {
        guard logger.logLevel <= .info else { return }
        logger.info(
            "request answered",
            metadata: [
                "request.id": "\(answer.identity.id)", "http.route": "\(answer.call.route.template)",
                "rpc.target": "\(answer.call.target.queueName)", "rpc.method": "\(answer.call.route.method)",
                "http.status": "\(status)", "elapsed": "\(answer.identity.elapsedSeconds)",
            ]
        )
    }
}
