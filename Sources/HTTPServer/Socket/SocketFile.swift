// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

/// The file of a Unix socket of ours, known again by its number.
struct SocketFile: Sendable, Equatable {
    private let path: String
    private let device: dev_t
    private let number: ino_t

    /// The file that is at the path now.
    init(_ path: String) {
        self.path = path
        (device, number) = Self.identity(path) ?? (0, 0)
    }

    /// Removes it, unless another is there by now.
    func remove() {
        guard let (device, number) = Self.identity(path), (device, number) == (self.device, self.number) else { return }
        unlink(path)
    }

    private static func identity(_ path: String) -> (dev_t, ino_t)? {
        var status = stat()
        return lstat(path, &status) == 0 ? (status.st_dev, status.st_ino) : nil
    }
}

/// What stands at the path of a socket that is to be made: a value, so that its rules can be tested.
struct Occupant: Equatable {
    /// What is to be done about it.
    enum Verdict: Equatable {
        case remove
        case leave(HTTPServerError.Code, String)
    }

    var isSocket: Bool
    /// Whether it belongs to this process's user.
    var isOurs: Bool
    /// What an attempt to connect has brought: 0, or an error's number.
    var answer: Int32

    /// Only what nobody can miss is removed: a socket of ours at which nobody listens.
    var verdict: Verdict {
        guard isSocket else {
            return .leave(.addressNotAvailable, "a file that is no socket is there: remove it, or choose another path")
        }
        switch answer {
        // A full queue is somebody's who listens.
        case 0, EAGAIN: return .leave(.addressInUse, "stop the process that listens there, or choose another path")
        case ECONNREFUSED where isOurs: return .remove
        case ECONNREFUSED: return .leave(.addressInUse, "another user's socket is there: remove it, if it is not used")
        default:
            return .leave(.addressInUse, "a socket is there that cannot be looked at: remove it, if it is not used")
        }
    }

    /// Removes from a path what was left behind there.
    static func makeWay(at path: String, _ address: UnixAddress) throws(HTTPServerError) {
        var status = stat()
        // What else can be wrong shows when the socket is made.
        guard lstat(path, &status) == 0 else { return }
        let isSocket = status.st_mode & S_IFMT == S_IFSOCK
        let occupant = Occupant(
            isSocket: isSocket,
            isOurs: status.st_uid == geteuid(),
            answer: isSocket ? knock(address) : 0
        )
        switch occupant.verdict {
        case .remove: unlink(path)
        case .leave(let code, let reason):
            throw HTTPServerError(code: code, message: "the Unix socket '\(path)' is in the way: \(reason)")
        }
    }

    /// Tries to connect; returns the error's number, 0 without one.
    private static func knock(_ address: UnixAddress) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return address.withPointer { connect(descriptor, $0, $1) } == 0 ? 0 : errno
    }
}

/// A lock that processes of this kind hold while they look at a directory and make a socket in it.
struct DirectoryLock {
    private static let attempts = 200
    private static let pauseMicroseconds: UInt32 = 10_000
    private let descriptor: Int32

    /// Waits for the lock, two seconds at most: whoever may read the directory can hold it, and is not to keep a server
    /// from starting.
    init(ofFile path: String) {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
        let directory = end == path.startIndex ? "/" : String(path[..<end])
        descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        for _ in 0..<Self.attempts {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
            usleep(Self.pauseMicroseconds)
        }
    }

    func end() { if descriptor >= 0 { close(descriptor) } }
}
