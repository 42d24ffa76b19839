// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Compression
import HTTPServer
import Messaging
import Testing
import Threads

@testable import Gateway

struct CodedBodyTests {
    /// `{"a":1}` as gzip writes it.
    private static let gzip: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 84, 178, 50, 172, 5, 0, 175, 172, 27, 86, 7, 0, 0, 0,
    ]

    private func post(
        _ gateway: TestGateway,
        _ coding: String?,
        _ body: [UInt8],
        _ path: String = "/t/s/m"
    ) -> PendingAnswer {
        let fields = [("Content-Type", "application/json")] + (coding.map { [("Content-Encoding", $0)] } ?? [])
        return gateway.send("POST", path, fields, body)
    }

    @Test(arguments: ["gzip", "GZIP", "x-gzip", "gzip, identity", " gzip"])
    func gzipIsTakenOff(_ coding: String) throws {
        let driver = FakeDriver()
        let answer = post(TestGateway(driver), coding, Self.gzip)
        #expect(try answer.body() == "{\"a\":1}")
        #expect(driver.seen.withLock { $0.calls.first?.arguments.string } == "{\"a\":1}")
    }

    @Test func deflateIsTakenOffEverywhere() throws {
        let body = Zlib.compress(Array(#"{"jsonrpc":"2.0","method":"t/m","id":1}"#.utf8))
        #expect(try post(TestGateway(FakeDriver()), "deflate", body, "/-/jsonrpc").body().contains("\"result\":{}"))
        let driver = FakeDriver()
        #expect(
            try post(TestGateway(driver), "deflate", Zlib.compress(Array("{}".utf8)), "/t/s/m:cast").status() == 202
        )
        #expect(driver.seen.withLock { $0.casts.first?.arguments.string } == "{}")
    }

    @Test func severalMembersAreOneBody() throws {
        let parts = Zlib.compress(Array("{\"a\":".utf8)) + Zlib.compress(Array("1}".utf8))
        #expect(try post(TestGateway(FakeDriver()), "deflate", parts).body() == "{\"a\":1}")
    }

    @Test(arguments: ["br", "zstd", "compress", "gzip, gzip", "gzip, br", "utf-8"])
    func otherCodingsAreRefused(_ coding: String) throws {
        let driver = FakeDriver()
        let answer = post(TestGateway(driver), coding, Self.gzip)
        #expect(try answer.status() == 415)
        #expect(try answer.field("Accept-Encoding") == "gzip, deflate")
        #expect(try answer.body().contains("Content-Encoding: "))
        #expect(driver.seen.withLock { $0.calls.isEmpty })
    }

    @Test(arguments: ["identity", "", ","])
    func noCodingIsNone(_ coding: String) throws {
        #expect(try post(TestGateway(FakeDriver()), coding, Array("{}".utf8)).status() == 200)
    }

    @Test(arguments: [0, 1, 12, 20, 26])
    func whatIsCutShortOrIsNoneIsRefused(_ count: Int) throws {
        let cut = post(TestGateway(FakeDriver()), "gzip", Array(Self.gzip.prefix(count)))
        // An empty body is an empty object, coded or not.
        #expect(try cut.status() == (count == 0 ? 200 : 400))
        let behind = post(TestGateway(FakeDriver()), "gzip", Self.gzip + Array("{}".utf8))
        #expect(try behind.code() == "invalid-request")
    }

    @Test func whatGrowsBeyondTheLimitIsRefused() throws {
        let bomb = Zlib.compress(Array(repeating: 0x20, count: 50_000))
        let answer = post(TestGateway(FakeDriver()) { $0.maximumBodyBytes = 49_999 }, "gzip", bomb)
        #expect(try answer.status() == 413)
        #expect(try answer.code() == "http-413")
        let fits = post(TestGateway(FakeDriver()) { $0.maximumBodyBytes = 50_000 }, "gzip", bomb)
        #expect(try fits.code() == "invalid-arguments-json")
    }

    @Test(.timeLimit(.minutes(1)), arguments: [1 << 20, (16 << 20) - (64 << 10), 17 << 20])
    func longOnesAreDecodedElsewhere(_ count: Int) async throws {
        let decoded = Guarded<Result<[UInt8], Problem>?>(nil)
        let decoder = BodyDecoder()
        let body = Zlib.compress(Array(repeating: 0x20, count: count))
        let limit = GatewayConfiguration().maximumBodyBytes
        await withCheckedContinuation { continuation in
            do throws(Problem) {
                try decoder.decode(body, maximumBytes: limit) { result in
                    decoded.withLock { $0 = result }
                    continuation.resume()
                }
            } catch {
                decoded.withLock { $0 = .failure(error) }
                continuation.resume()
            }
        }
        let result = try #require(decoded.withLock { $0 })
        guard count <= limit else {
            #expect(throws: Problem.self) { try result.get() }
            return
        }
        #expect(try result.get().count == count)
    }

    @Test func aMessageOfPlainAMQPGoesAsItIs() throws {
        let driver = FakeDriver()
        _ = post(TestGateway(driver), "gzip", Self.gzip, "/-/amqp/x/y")
        #expect(driver.seen.withLock { $0.plain.first?.message.body } == Self.gzip)
    }

    @Test func theCodingIsRefusedBeforeTheBodyComes() throws {
        let fields = [("Expect", "100-continue"), ("Content-Type", "application/json"), ("Content-Encoding", "br")]
        let head = RequestHead(
            method: "POST",
            path: Array("/t/s/m".utf8),
            fields: RequestFields(fields.map { (name: $0.0, value: $0.1) })
        )
        #expect(TestGateway(FakeDriver()).gateway.refusal(for: head)?.status == 415)
    }
}
