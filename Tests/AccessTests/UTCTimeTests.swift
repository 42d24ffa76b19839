// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Access

struct UTCTimeTests {
    @Test(arguments: [
        ("1970-01-01", 0 as Int64), ("1970-01-01T00:00:01Z", 1), ("2000-02-29", 951_782_400),
        ("2027-01-31T12:34:56Z", 1_801_398_896), ("9999-12-31T23:59:59Z", 253_402_300_799),
    ]) func momentsAreRead(_ text: String, _ seconds: Int64) { #expect(UTCTime(text)?.seconds == seconds) }

    @Test(arguments: [
        "", "2027", "2027-1-31", "2027-02-29", "2100-02-29", "2027-13-01", "2027-00-01", "2027-01-00", "1969-12-31",
        "2027-01-31T24:00:00Z", "2027-01-31T12:60:00Z", "2027-01-31T12:00:60Z", "2027-01-31T12:00:00",
        "2027-01-31 12:00:00Z",
        "2027-01-31T12:00:00z", "+027-01-31", "2027-01-31T12:00:00+0", "２０２７-01-31",
    ]) func otherTextsAreNone(_ text: String) { #expect(UTCTime(text) == nil) }

    @Test func everyDayIsWrittenAsItIsRead() throws {
        var previous: Int64 = -86_400
        for year in 1970...2110 {
            for month in 1...12 {
                for day in 1...31 {
                    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
                    let text = "\(year)-\(padded(month))-\(padded(day))"
                    guard let time = UTCTime(text) else { continue }
                    #expect(time.seconds == previous + 86_400)
                    #expect(time.text == "\(text)T00:00:00Z")
                    previous = time.seconds
                }
            }
        }
        #expect(UTCTime(seconds: previous).text.utf8.starts(with: "2110-12-31".utf8))
    }
}
