// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// How a command ended, as the process' exit code tells it.
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
