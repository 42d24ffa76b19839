// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Logging
internal import Messaging

/// What the answers to one message that was sent have in common, whatever kind of message it is.
protocol SentAnswer: Sendable {
    var identity: RequestIdentity { get }
    /// The template of the request's path.
    var template: String { get }
    /// What the log says of where the message went.
    var destination: Logger.Metadata { get }

    /// Where the time that it took is counted.
    func durations(_ metrics: GatewayMetrics) -> RouteDurations

    /// What went wrong.
    func problem(_ error: MessagingError) -> Problem
    /// The problem as the answer.
    func response(_ problem: Problem) -> HTTPResponse
}

extension SentAnswer {
    func durations(_ metrics: GatewayMetrics) -> RouteDurations { metrics.durations(template) }
}

extension HTTPGateway {
    /// Answers a message that has ended, counts it and tells the log.
    func finish(_ answer: some SentAnswer, _ result: Result<HTTPResponse, MessagingError>, _ sink: AnswerSink) {
        switch result {
        case .success(let response): finish(answer, response, elapsed: answer.identity.elapsed, sink)
        case .failure(let error):
            let problem = answer.problem(error)
            let elapsed = answer.identity.elapsed
            finish(answer, answer.response(problem), mayRepeat: problem.execution == .no, elapsed: elapsed, sink)
        }
    }

    /// Gives the answer to a message that has ended, counts it and tells the log.
    ///
    /// - Parameters:
    ///   - mayRepeat: whether the request was never executed, so that the same request may be sent again.
    ///   - elapsed: the time since the request.
    func finish(
        _ answer: some SentAnswer,
        _ response: consuming HTTPResponse,
        mayRepeat: Bool = false,
        elapsed: Duration,
        _ sink: AnswerSink
    ) {
        leave()
        let status = response.status
        sink.respond(response, mayRepeat: mayRepeat)
        answer.durations(metrics).record(elapsed, status: status)
        log(answer, status: status)
    }

    private func log(_ answer: some SentAnswer, status: Int) {
        guard logger.logLevel <= .info else { return }
        let request: Logger.Metadata = [
            "request.id": "\(answer.identity.id)", "http.route": "\(answer.template)", "http.status": "\(status)",
            "elapsed": "\(answer.identity.elapsedSeconds)",
        ]
        logger.info("request answered", metadata: request.merging(answer.destination) { one, _ in one })
    }
}
