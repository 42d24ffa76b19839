// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc
internal import Logging

/// The process's limit of open files.
enum DescriptorLimit {
    /// What a process opens besides client connections.
    private static let reserve = 256

    /// Raises the soft limit towards what that many connections need; warns when the hard limit is too low.
    static func raise(toServe connections: Int, logger: Logger) {
        let needed = rlim_t(connections + reserve)
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0, limit.rlim_cur < needed else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(files, &limit)
        guard limit.rlim_max < needed else { return }
        logger.warning(
            "fewer open files allowed than connections: raise the hard limit of open files or lower maximumConnections",
            metadata: ["files": "\(limit.rlim_max)", "connections": "\(connections)"]
        )
    }
}
