// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Testing
import Threads

@testable import Observability

struct LineLogHandlerTests {
    private let output = MemoryLogOutput()
    private let level = LogLevelSwitch(.info)

    private func makeLogger(_ format: LineLogHandler.Format, provider: Logger.MetadataProvider? = nil) -> Logger {
        Logger(label: "gateway") { label in
            LineLogHandler(
                label: label,
                format: format,
                level: level,
                output: output,
                metadataProvider: provider,
                now: { LogTime(milliseconds: 1_795_235_694_123) }
            )
        }
    }

    private func object() throws -> [String: Any] {
        let line = try #require(output.lines.last)
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test func aJSONLineHasTheFixedFieldsInOrderAndTheMetadataSorted() {
        makeLogger(.json).notice("started", metadata: ["b": "2", "a": "1"])
        #expect(
            output.lines == [
                #"{"ts":"2026-11-21T04:34:54.123Z","level":"notice","logger":"gateway","message":"started","a":"1","b":"2"}"#
                    + "\n"
            ]
        )
    }

    @Test func nestedMetadataIsFlattenedAndListsStayLists() throws {
        makeLogger(.json).info("m", metadata: ["rpc": ["target": ["topic": "t"], "tags": ["x", ["y", "z"]]]])
        #expect(try object()["rpc.target.topic"] as? String == "t")
        #expect(try #require(output.lines.last).contains(#""rpc.tags":["x",["y","z"]]"#))
    }

    @Test func hostileTextStaysOneLineOfValidJSON() throws {
        let hostile = "a\"b\\c\n\r\t\u{0}\u{1B}[31m\u{7F}\u{85}\u{2028}\u{202E}é🦊"
        makeLogger(.json).info("\(hostile)", metadata: ["k\n\"": "\(hostile)"])
        let line = try #require(output.lines.last)
        #expect(line.filter { $0 == "\n" }.count == 1)
        #expect(!line.dropLast().unicodeScalars.contains(where: LogText.isControl))
        #expect(try object()["message"] as? String == hostile)
        #expect(try object()["k\n\""] as? String == hostile)
    }

    @Test func metadataCannotForgeTheFixedFields() throws {
        makeLogger(.json).info("real", metadata: ["message": "forged", "level": "trace", "ts": "0"])
        let line = try #require(output.lines.last)
        #expect(line.components(separatedBy: #""message":"#).count == 2)
        #expect(try object()["message"] as? String == "real")
        #expect(try object()["metadata.message"] as? String == "forged")
    }

    @Test func anErrorIsShownWithItsType() throws {
        struct Broken: Error, CustomStringConvertible { let description = "it \"broke\"" }
        makeLogger(.json).error("failed", error: Broken())
        #expect(try object()["error"] as? String == "it \"broke\"")
        #expect(try object()["error.type"] as? String == "Broken")
        makeLogger(.text).error("failed", error: Broken())
        #expect(output.lines.last == "2026-11-21T04:34:54.123Z error    gateway: failed error=\"it \\\"broke\\\"\"\n")
    }

    @Test func theTextLineIsCompactAndQuotesWhereNeeded() {
        makeLogger(.text).notice("started", metadata: ["port": "8080", "note": "two words", "empty": "", "l": ["a"]])
        #expect(
            output.lines.last
                == "2026-11-21T04:34:54.123Z notice   gateway: started empty=\"\" l=[a] note=\"two words\" port=8080\n"
        )
    }

    @Test func theTextLineEscapesWhatSteersTerminals() throws {
        makeLogger(.text).info("a\nb\u{1B}[2J", metadata: ["k": "v\u{9B}31m"])
        let line = try #require(output.lines.last)
        #expect(line.hasSuffix("gateway: a\\nb\\u001b[2J k=v\\u009b31m\n"))
    }

    @Test func eventOutranksProviderOutranksLogger() throws {
        var logger = makeLogger(.json, provider: Logger.MetadataProvider { ["a": "provider", "b": "provider"] })
        for key in ["a", "b", "c"] { logger[metadataKey: key] = "logger" }
        logger.info("m", metadata: ["a": "event"])
        #expect(try object()["a"] as? String == "event")
        #expect(try object()["b"] as? String == "provider")
        #expect(try object()["c"] as? String == "logger")
    }

    @Test func theSharedLevelChangesLoggersInUse() {
        let logger = makeLogger(.text)
        logger.debug("hidden")
        level.level = .debug
        logger.debug("shown")
        var own = logger
        own.logLevel = .error
        own.notice("hidden")
        #expect(output.lines.count == 1)
        #expect(level.level == .debug)
    }

    @Test func longValuesAreCut() throws {
        makeLogger(.json).info("m", metadata: ["k": .string(String(repeating: "é", count: 10_000))])
        let line = try #require(output.lines.last)
        #expect(line.utf8.count < LogText.maximumBytes + 200)
        #expect(try (object()["k"] as? String)?.hasSuffix("…") == true)
    }
}

private final class MemoryLogOutput: LogOutput {
    private let written = Guarded<[String]>([])

    var lines: [String] { written.withLock { $0 } }

    func write(line: [UInt8]) {
        written.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }
}
