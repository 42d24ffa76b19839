// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing

@testable import Gateway

struct CallPlansTests {
    private let snapshot = ConfigurationSnapshot(GatewayConfiguration())

    private func plan(_ topic: String, _ query: String? = nil) throws -> CallPlan {
        let route = RPCRoute(topic: topic, server: "s", method: "m", verb: .call)
        return try CallPlan(route, query: query.map { Array($0.utf8) }, snapshot)
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func aPlanIsKeptForItsPathAndQueryOnly() throws {
        var plans = CallPlans(snapshot)
        let kept = try plan("t", "version=1.0")
        plans.keep(kept, path: bytes("/t/s/m"), query: bytes("version=1.0"))
        #expect(plans.plan(path: bytes("/t/s/m"), query: bytes("version=1.0")) === kept)
        #expect(plans.plan(path: bytes("/t/s/m"), query: nil) == nil)
        #expect(plans.plan(path: bytes("/t/s/m"), query: []) == nil)
        #expect(plans.plan(path: bytes("/t/s/n"), query: bytes("version=1.0")) == nil)
        #expect(plans.plan(path: bytes("/t/s/mversion=1.0"), query: nil) == nil)
        #expect(kept.target.version == "1.0")
    }

    @Test func everNewPathsDisplaceEachOther() throws {
        var plans = CallPlans(snapshot)
        let one = try plan("t")
        for number in 0..<20_000 { plans.keep(one, path: bytes("/t/\(number)/m"), query: nil) }
        #expect(plans.count <= CallPlans.maximumCount)
        #expect(plans.count > CallPlans.maximumCount / 2)
        #expect(plans.plan(path: bytes("/t/19999/m"), query: nil) === one)
    }

    @Test func aLongPathIsNotKept() throws {
        var plans = CallPlans(snapshot)
        let long = bytes("/" + String(repeating: "t", count: CallPlans.maximumKeyBytes))
        plans.keep(try plan("t"), path: long, query: nil)
        #expect(plans.count == 0)
    }

    @Test func aPlanOfAnotherConfigurationIsNotKept() throws {
        var plans = CallPlans(ConfigurationSnapshot(GatewayConfiguration()))
        plans.keep(try plan("t"), path: bytes("/t/s/m"), query: nil)
        #expect(plans.count == 0)
    }

    @Test(arguments: ["min=1", "exchange=", "version=1", "namespace=a&namespace=b", "x"])
    func aWrongQueryMakesNoPlan(_ query: String) {
        #expect(throws: Problem.self) { try plan("t", query) }
    }

    @Test func aSecondCallIsJudgedAsTheFirst() throws {
        let driver = FakeDriver()
        let gateway = TestGateway(driver)
        for _ in 0..<2 {
            gateway.post("/t/s/m?version=1.1")
            #expect(try gateway.post("/t/s/m?version=1.1", "[]").code() == "invalid-arguments-json")
            #expect(try gateway.send("POST", "/t/s/m?version=1.1", [("Content-Type", "text/plain")]).status() == 415)
            #expect(try gateway.send("GET", "/t/s/m?version=1.1").status() == 405)
            var capped = GatewayConfiguration()
            capped.versionCap = "1.0"
            gateway.gateway.update(capped)
            #expect(try gateway.post("/t/s/m?version=1.1").code() == "version-cap-exceeded")
            gateway.gateway.update(GatewayConfiguration())
        }
    }
}

struct ResponseFieldsWritingTests {
    private func value(_ write: (inout FieldWriter) -> Void) -> String? {
        let fields = ResponseFields(capacity: 100) { fields in
            fields.begin("X")
            write(&fields)
            fields.end()
        }
        return fields.first { _ in true }?.value
    }

    @Test(arguments: [
        (0, "0.000"), (1, "0.001"), (999, "0.999"), (1000, "1.000"), (61_002_030, "61002.030"), (-5, "0.000"),
    ])
    func durationsAreMillisecondsWithThreeDigits(_ microseconds: Int, _ text: String) {
        #expect(value { $0.append(milliseconds: .microseconds(microseconds)) } == text)
    }

    @Test(arguments: [(60_000, "60"), (2500, "2.5"), (1, "0.001"), (10, "0.01"), (1050, "1.05"), (0, "0")])
    func timeoutsAreSecondsWithoutNeedlessZeros(_ milliseconds: Int, _ text: String) {
        #expect(value { $0.append(shortSeconds: .milliseconds(milliseconds)) } == text)
        #expect(DecimalText.shortSeconds(.milliseconds(milliseconds)) == text)
    }

    @Test(arguments: [
        (400_000, "0.0004"), (1, "0.000000001"), (60_000_000_001, "60.000000001"), (999_999_999, "0.999999999"),
    ])
    func noTimeoutIsToldAsNone(_ nanoseconds: Int, _ text: String) {
        #expect(value { $0.append(shortSeconds: .nanoseconds(nanoseconds)) } == text)
        #expect(DecimalText.shortSeconds(.nanoseconds(nanoseconds)) == text)
    }

    @Test func identifiersAreWrittenAsTheirTexts() {
        let id = UniqueID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
        let fields = ResponseFields(capacity: 200) { $0.append(id, timeout: .seconds(1)) }
        #expect(Array(fields.map(\.value)) == [id.hexadecimal, "1"])
        #expect(id.dashed == "01234567-89ab-4def-bedc-ba9876543210")
        let own = RequestIdentity(given: nil)
        #expect(own.id.wholeMatch(of: /req-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        #expect(own.quoted.stringValue == own.id)
        let both = ResponseFields(capacity: 400) { $0.append(own) }
        #expect(Array(both.map(\.value)) == [own.id, own.id])
    }
}
