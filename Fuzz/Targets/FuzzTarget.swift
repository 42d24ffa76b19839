// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What an input shows to be wrong, short of a crash.
struct Finding: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What reads bytes from outside, one case a way in; its corpus is the folder of its name under `Corpora`.
///
/// A target takes any bytes. What it refuses is no finding; what it takes is held against what has to be true of it, and where
/// there is one against a second reader that was written from the standard alone.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// A request as it comes over a connection.
    case http
    /// Path and query of a request.
    case path
    /// Header fields that say how a method is called.
    case fields
    /// The validator of JSON.
    case json
    /// Arguments inside the envelope of a request.
    case splice
    /// The envelope of a reply, and the failure in it.
    case reply
    /// Field tables and properties of AMQP.
    case table
    /// Frames of AMQP as a connection reads them.
    case frames
    /// Transport URLs.
    case url
    /// Settings of the command line, the environment and a file.
    case settings

    /// Reads an input; returns when nothing is wrong with what became of it.
    func run(_ input: [UInt8]) throws(Finding) {
        switch self {
        case .http: try HTTPTarget.run(input)
        case .path: try PathTarget.run(input)
        case .fields: try FieldsTarget.run(input)
        case .json: try JSONTarget.run(input)
        case .splice: try SpliceTarget.run(input)
        case .reply: try ReplyTarget.run(input)
        case .table: try TableTarget.run(input)
        case .frames: try FramesTarget.run(input)
        case .url: try URLTarget.run(input)
        case .settings: try SettingsTarget.run(input)
        }
    }
}
