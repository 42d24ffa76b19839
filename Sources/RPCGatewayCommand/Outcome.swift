// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Gateway
internal import HTTPServer
internal import Messaging

/// How a client command ended, as the process's exit code.
enum Outcome: Int32, Sendable, CaseIterable {
    case success = 0
    case remoteError = 1
    case usage = 2
    case timeout = 3
    case undeliverable = 4
    case brokerUnavailable = 5
    case failure = 6

    var exitCode: ExitCode { ExitCode(rawValue) }

    static let help = """
        EXIT CODES
          0  success
          1  the server raised an error
          2  wrong command line or configuration
          3  no reply in time
          4  undeliverable: no queue, or nobody consumes from it
          5  the broker is not available
          6  any other failure
        """
}

extension Outcome {
    /// How a command ended whose call or cast failed.
    init(_ code: MessagingError.Code) { self = Outcome(rawValue: code.exitCode) ?? .failure }
}

/// How `serve` ended, as the process's exit code.
enum ServeOutcome: Int32, Sendable, CaseIterable {
    case stopped = 0
    /// The address is taken or is not this machine's, or there is no descriptor or thread to serve with.
    case cannotListen = 1
    case usage = 2

    /// The outcome when the server did not start.
    init(_ code: HTTPServerError.Code) {
        self =
            switch code {
            case .invalidConfiguration: .usage
            case .unresolvableHost, .addressInUse, .addressNotAvailable, .outOfResources, .alreadyStarted: .cannotListen
            }
    }

    var exitCode: ExitCode { ExitCode(rawValue) }
}
