// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names

@testable import AMQP

/// A peer that speaks enough AMQP to open a connection and then follows a script.
struct FakeBroker {
    let server: LoopbackServer

    var configuration: ConnectionConfiguration {
        ConnectionConfiguration(port: server.port, heartbeat: .zero, connectTimeout: .seconds(2))
    }

    /// Answers the handshake, then runs the script.
    init(
        heartbeat: UInt16 = 0,
        frameMaximum: UInt32 = 131_072,
        afterOpening script: @escaping @Sendable (LoopbackPeer) -> Void
    ) {
        server = LoopbackServer { peer in
            guard FakeBroker.shakeHands(peer, heartbeat: heartbeat, frameMaximum: frameMaximum) else { return }
            script(peer)
            while peer.readSome() != nil {}
        }
    }

    /// Runs the script instead of a handshake, once the protocol header is there.
    static func withoutHandshake(_ script: @escaping @Sendable (LoopbackPeer) -> Void) -> FakeBroker {
        let server = LoopbackServer { peer in
            guard peer.read(8) != nil else { return }
            script(peer)
            while peer.readSome() != nil {}
        }
        return FakeBroker(server: server)
    }

    private init(server: LoopbackServer) {
        self.server = server
    }

    private static func shakeHands(_ peer: LoopbackPeer, heartbeat: UInt16, frameMaximum: UInt32) -> Bool {
        guard peer.read(8) != nil else { return false }
        peer.write(start)
        guard readFrame(peer) != nil else { return false }
        peer.write(method(.connectionTune, arguments: tune(frameMaximum: frameMaximum, heartbeat: heartbeat)))
        guard readFrame(peer) != nil, readFrame(peer) != nil else { return false }
        peer.write(method(.connectionOpenOk, arguments: [0]))
        guard readFrame(peer) != nil else { return false }
        peer.write(method(.channelOpenOk, arguments: [0, 0, 0, 0]))
        return true
    }

    static var start: [UInt8] {
        var arguments: [UInt8] = [0, 9]
        arguments.append(table: ["product": "fake"])
        arguments.append(longBytes: Array("PLAIN AMQPLAIN EXTERNAL".utf8))
        arguments.append(longBytes: Array("en_US".utf8))
        return method(.connectionStart, arguments: arguments)
    }

    static func tune(frameMaximum: UInt32, heartbeat: UInt16) -> [UInt8] {
        var arguments: [UInt8] = []
        arguments.append(bigEndian: UInt16(2047))
        arguments.append(bigEndian: frameMaximum)
        arguments.append(bigEndian: heartbeat)
        return arguments
    }

    static func method(_ id: MethodID, arguments: [UInt8]) -> [UInt8] {
        var payload: [UInt8] = []
        payload.append(bigEndian: id.rawValue)
        return frame(type: 1, channel: id.isOfConnection ? 0 : 1, payload + arguments)
    }

    static func frame(type: UInt8, channel: UInt16, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [type]
        bytes.append(bigEndian: channel)
        bytes.append(longBytes: payload)
        return bytes + [0xCE]
    }

    /// Reads one frame and gives its bytes.
    @discardableResult
    static func readFrame(_ peer: LoopbackPeer) -> [UInt8]? {
        guard let head = peer.read(7) else { return nil }
        let size = head[3...6].reduce(0) { $0 << 8 | Int($1) }
        return peer.read(size + 1).map { head + $0 }
    }

    /// Reads frames until a method comes; gives its arguments.
    @discardableResult
    static func read(_ id: MethodID, from peer: LoopbackPeer) -> [UInt8]? {
        var wanted: [UInt8] = []
        wanted.append(bigEndian: id.rawValue)
        while let frame = readFrame(peer) {
            if frame[0] == 1, Array(frame[7..<11]) == wanted { return Array(frame[11..<frame.count - 1]) }
        }
        return nil
    }
}
