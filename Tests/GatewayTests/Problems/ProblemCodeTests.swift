// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPServer
import Messaging
import Testing

@testable import Gateway

struct ProblemCodeTests {
    private static let contract = String(decoding: OpenAPIDocument.yaml.bytes, as: UTF8.self)

    private static func document(_ path: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return String(decoding: try Data(contentsOf: root.appendingPathComponent(path)), as: UTF8.self)
    }

    /// The texts between backticks.
    private static func names(_ text: some StringProtocol) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map { String($0.element) }
    }

    @Test func theContractListsExactlyTheseCodes() throws {
        let schema = try #require(Self.contract.components(separatedBy: "\n    ProblemCode:\n").dropFirst().first)
        let list = try #require(schema.components(separatedBy: "      enum:\n").dropFirst().first)
        let listed = list.split(separator: "\n").prefix { $0.hasPrefix("        - ") }.map { String($0.dropFirst(10)) }
        #expect(listed == ProblemCode.allCases.map(\.rawValue))
    }

    @Test func theContractGivesEveryCodeItsNumber() {
        var listed: [String: Set<Int>] = [:]
        for line in Self.contract.split(separator: "\n") where line.hasPrefix("        | -32") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            // These two are about the form of the request object, not about a problem.
            guard let number = cells.first(where: { !$0.isEmpty }).flatMap({ Int($0) }),
                number != -32700, number != -32600
            else { continue }
            for name in Self.names(line) { listed[name, default: []].insert(number) }
        }
        for code in ProblemCode.allCases {
            // What the table leaves out is an internal error.
            #expect(listed[code.rawValue] ?? [-32603] == [code.facts.number], "\(code.rawValue)")
        }
        #expect(listed.keys.allSatisfy { ProblemCode(rawValue: $0) != nil })
    }

    @Test func operatorsAreToldAboutEveryCodeWithItsStatus() throws {
        var listed: [String: Int?] = [:]
        for line in try Self.document("docs/operations.md").split(separator: "\n") where line.hasPrefix("| ") {
            guard let cell = line.split(separator: "|").first, cell.contains("`") else { continue }
            let status = cell.split(separator: " ").first.flatMap { Int($0) }
            for name in Self.names(cell) where ProblemCode(rawValue: name) != nil { listed[name] = status }
        }
        for code in ProblemCode.allCases {
            let status = try #require(listed[code.rawValue], "\(code.rawValue)")
            if let status { #expect(status == code.facts.status, "\(code.rawValue)") }
        }
    }

    @Test func everyCodeHasAWholeRow() {
        for code in ProblemCode.allCases {
            let facts = code.facts
            #expect((400...599).contains(facts.status) && (1...6).contains(facts.exit) && !facts.title.isEmpty)
            #expect((-32603...(-32000)).contains(facts.number))
            // What may pass is told to come back, and that only fits a status of the server's side, or too many requests.
            #expect(!facts.mayPass || facts.status >= 500 || facts.status == 429, "\(code.rawValue)")
        }
    }

    @Test func codesOfStatusesHaveThatStatus() {
        for code in ProblemCode.allCases where code.rawValue.hasPrefix("http-") {
            #expect(code.rawValue == "http-\(code.facts.status)")
        }
    }

    @Test(arguments: HTTPFailure.Reason.allCases)
    func whatTheHTTPLayerTurnsDownKeepsItsStatus(_ reason: HTTPFailure.Reason) {
        let problem = Problem(HTTPFailure(reason))
        #expect(problem.status == HTTPFailure(reason).status)
        #expect(problem.closesConnection)
        #expect(!problem.isRetryable || problem.status == 503)
    }

    @Test(arguments: MessagingError.Code.Known.allCases)
    func aFailureOfACallKeepsItsName(_ known: MessagingError.Code.Known) {
        guard known != .remote else { return }
        #expect(ProblemCode.allCases.contains { $0.rawValue == known.rawValue })
    }

    @Test func onlyWhatWasNotExecutedMayBeRepeated() {
        var problem = Problem(.overloaded, "")
        #expect(problem.isRetryable)
        problem.execution = .maybe
        #expect(!problem.isRetryable)
        #expect(!Problem(.forbidden, "").isRetryable)
    }
}
