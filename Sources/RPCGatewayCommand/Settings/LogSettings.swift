// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Observability

/// The log's settings.
struct LogSettings: Sendable, Equatable {
    var level = Logger.Level.notice
    var format = LineLogHandler.Format.text
}
