// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Logging
internal import Messaging

/// What makes the responses to one message, and what they have in common, whatever kind of message it is.
protocol MessageResponses: Sendable {
    var identity: RequestIdentity { get }
    /// The template of the request's path.
    var template: String { get }
    /// What the log says about where the message went.
    var destination: Logger.Metadata { get }

    /// Where the time that it took is counted.
    func durations(_ metrics: GatewayMetrics) -> RouteDurations

    /// What went wrong.
    func problem(_ error: MessagingError) -> Problem
    /// The problem as the response.
    func response(_ problem: Problem) -> HTTPResponse
}

extension MessageResponses {
    func durations(_ metrics: GatewayMetrics) -> RouteDurations { metrics.durations(template) }
}

extension GatewayCore {
    /// Answers a message that has ended, counts it and tells the log.
    func finish(
        _ responses: some MessageResponses,
        _ result: Result<HTTPResponse, MessagingError>,
        _ sink: ResponseSink
    ) {
        switch result {
        case .success(let response): finish(responses, response, elapsed: responses.identity.elapsed, sink)
        case .failure(let error):
            let problem = responses.problem(error)
            let elapsed = responses.identity.elapsed
            finish(responses, responses.response(problem), executed: problem.execution, elapsed: elapsed, sink)
        }
    }

    /// Gives the answer to a message that has ended, counts it and tells the log.
    ///
    /// - Parameters:
    ///   - executed: what the answer says about the execution.
    ///   - elapsed: the time since the request.
    func finish(
        _ responses: some MessageResponses,
        _ response: consuming HTTPResponse,
        executed: MessagingError.Execution = .yes,
        elapsed: Duration,
        _ sink: ResponseSink
    ) {
        leave()
        let status = response.status
        sink.respond(response, executed: executed)
        responses.durations(metrics).record(elapsed, status: status)
        log(responses, status: status)
    }

    private func log(_ responses: some MessageResponses, status: Int) {
        guard logger.logLevel <= .info else { return }
        let request: Logger.Metadata = [
            "request.id": "\(responses.identity.id)", "http.route": "\(responses.template)", "http.status": "\(status)",
            "elapsed": "\(responses.identity.elapsedSeconds)",
        ]
        logger.info("request answered", metadata: request.merging(responses.destination) { one, _ in one })
    }
}
