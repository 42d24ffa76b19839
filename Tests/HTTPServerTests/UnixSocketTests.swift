// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import Threads

@testable import HTTPServer

struct OccupantTests {
    @Test func onlyASocketOfOursWithoutAListenerIsRemoved() {
        #expect(Occupant(isSocket: true, isOurs: true, answer: ECONNREFUSED).verdict == .remove)
        let others = [
            Occupant(isSocket: false, isOurs: true, answer: 0), Occupant(isSocket: true, isOurs: true, answer: 0),
            Occupant(isSocket: true, isOurs: true, answer: EAGAIN),
            Occupant(isSocket: true, isOurs: true, answer: EACCES),
            Occupant(isSocket: true, isOurs: false, answer: ECONNREFUSED),
            Occupant(isSocket: true, isOurs: true, answer: EPROTOTYPE),
        ]
        for occupant in others { #expect(occupant.verdict != .remove, "\(occupant)") }
    }
}

struct UnixSocketTests {
    /// Lends a path that nothing has yet.
    private func withPath(_ body: (String) throws -> Void) throws {
        var name = Array("/tmp/socket-XXXXXX".utf8CString)
        guard let made = mkdtemp(&name) else { throw RawClientError(errno: errno) }
        let directory = String(cString: made)
        defer {
            unlink(directory + "/s")
            rmdir(directory)
        }
        try body(directory + "/s")
    }

    private func configuration(_ path: String, loops: Int = 1) -> HTTPServerConfiguration {
        HTTPServerConfiguration(listeners: [HTTPListener(.unix(path: path, mode: 0o640))], loopCount: loops)
    }

    private func mode(_ path: String) -> UInt32? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    @Test(arguments: [1, 3]) func aUnixSocketServesLikeAPort(loops: Int) throws {
        try withPath { path in
            try withServer(configuration(path, loops: loops)) { server, handler in
                #expect(server.boundAddresses == [.unix(path: path)])
                #expect(server.boundPort == 0)
                #expect(mode(path) == 0o640)
                for _ in 0..<20 {
                    let client = try RawClient(path: path)
                    client.send("POST /echo HTTP/1.1\r\nHost: any\r\nContent-Length: 2\r\n\r\nok")
                    #expect(client.receiveAnswer()?.body == "ok")
                    client.close()
                }
                #expect(handler.heads.withLock { $0.last?.remoteAddress } == "unix:\(geteuid())")
            }
            #expect(mode(path) == nil)
        }
    }

    @Test func whatAServerLeftBehindIsReplacedAndASecondServerIsRefused() throws {
        try withPath { path in
            let address = try #require(UnixAddress(path))
            let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            #expect(address.withPointer { bind(left, $0, $1) } == 0)
            close(left)
            #expect(mode(path) != nil)
            try withServer(configuration(path)) { _, _ in
                let error = #expect(throws: HTTPServerError.self) { try withServer(configuration(path)) { _, _ in } }
                #expect(error?.code == .addressInUse)
                // The refused one has left the first one's file alone.
                #expect(mode(path) == 0o640)
                try RawClient(path: path).close()
            }
        }
    }

    @Test func aFileThatIsNoSocketStays() throws {
        try withPath { path in
            close(creat(path, 0o600))
            let error = #expect(throws: HTTPServerError.self) { try withServer(configuration(path)) { _, _ in } }
            #expect(error?.message.contains("remove it, or choose another path") == true)
            #expect(mode(path) == 0o600)
        }
    }

    @Test func theFileOfAnotherServerIsNotRemovedAtTheEnd() throws {
        try withPath { path in
            try withServer(configuration(path)) { _, _ in
                unlink(path)
                close(creat(path, 0o600))
            }
            #expect(mode(path) == 0o600)
        }
    }

    @Test func pathsThatTheKernelHasNoRoomForAreRefused() throws {
        #expect(UnixAddress("/" + String(repeating: "p", count: 106)) != nil)
        #expect(UnixAddress("/" + String(repeating: "p", count: 107)) == nil)
        #expect(UnixAddress("") == nil && UnixAddress("/a\u{0}") == nil)
        let configuration = self.configuration("/" + String(repeating: "p", count: 107))
        let error = #expect(throws: HTTPServerError.self) { try withServer(configuration) { _, _ in } }
        #expect(error?.message.contains("1 to 107 bytes") == true)
        let missing = self.configuration("/tmp/no-such-directory/s")
        let other = #expect(throws: HTTPServerError.self) { try withServer(missing) { _, _ in } }
        #expect(other?.message.contains("make its directory first") == true)
    }

    @Test func aPortAndASocketAreServedTogetherOrNotAtAll() throws {
        try withPath { path in
            var both = configuration(path)
            both.listeners.insert(.tcp(port: 0), at: 0)
            try withServer(both) { server, _ in
                try #expect(server.isServing())
                try RawClient(path: path).close()
                var taken = configuration(path + "2")
                taken.listeners.append(.tcp(port: server.boundPort))
                #expect(throws: HTTPServerError.self) { try withServer(taken) { _, _ in } }
                #expect(mode(path + "2") == nil)
            }
        }
    }

    @Test func aSocketThatTheProcessWasStartedWithIsServedAndLeft() throws {
        try withPath { path in
            let address = try #require(UnixAddress(path))
            let own = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(own) }
            #expect(address.withPointer { bind(own, $0, $1) } == 0)
            #expect(HTTPServer.address(ofInherited: own) == nil)
            #expect(listen(own, 8) == 0)
            #expect(HTTPServer.address(ofInherited: own) == .unix(path: path))
            for _ in 0..<2 {
                let passed = HTTPListener(.inherited(descriptor: dup(own)))
                try withServer(HTTPServerConfiguration(listeners: [passed], loopCount: 2)) { _, _ in
                    let client = try RawClient(path: path)
                    client.send("POST /echo HTTP/1.1\r\nHost: any\r\nContent-Length: 2\r\n\r\nok")
                    #expect(client.receiveAnswer()?.body == "ok")
                    client.close()
                }
                #expect(mode(path) != nil)
            }
        }
    }

    @Test func aDepartureIsNoticedAndWhoEndsSendingIsAnswered() throws {
        try withPath { path in
            try withServer(configuration(path)) { server, handler in
                let gone = try RawClient(path: path)
                gone.send("POST /never HTTP/1.1\r\nHost: any\r\nContent-Length: 0\r\n\r\n")
                #expect(eventually { server.statistics.requestsInFlight == 1 })
                gone.close()
                #expect(eventually { server.statistics.requestsInFlight == 0 })
                let quiet = try RawClient(path: path)
                quiet.send("POST /echo HTTP/1.1\r\nHost: any\r\nContent-Length: 2\r\n\r\nok")
                quiet.endSending()
                #expect(quiet.receiveAnswer()?.body == "ok")
                quiet.close()
            }
        }
    }

    @Test func whoTakesNothingOfAnAnswerIsCutOffAndWhoTakesSlowlyIsNot() throws {
        try withPath { path in
            var configuration = self.configuration(path)
            (configuration.idleTimeout, configuration.readTimeout) = (.milliseconds(300), .milliseconds(300))
            let text = String(repeating: "x", count: 2 << 20)
            let head = "POST /echo HTTP/1.1\r\nHost: any\r\nContent-Length: \(text.utf8.count)\r\n\r\n"
            try withServer(configuration) { server, _ in
                let stuck = try RawClient(path: path)
                let slow = try RawClient(path: path)
                for client in [stuck, slow] { client.send(head + text) }
                #expect(eventually { server.statistics.connections == 2 })
                var taken = 0
                let begun = Moment.now
                while let some = slow.receive(atMost: 48 << 10), !some.isEmpty, taken < text.utf8.count {
                    taken += some.count
                    usleep(40_000)
                }
                #expect(taken >= text.utf8.count)
                #expect(begun.duration(to: .now) > .milliseconds(1_200))
                #expect(eventually { server.statistics.connections == 0 || stuck.receiveToEnd() != nil })
                stuck.close()
                slow.close()
            }
        }
    }
}
