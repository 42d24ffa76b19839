// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

/// The process's limit of open files.
enum DescriptorLimit {
    /// What the soft limit can be raised to.
    static var hard: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return Int(clamping: limit.rlim_max)
    }

    /// Raises the soft limit towards what is needed, as far as the hard limit allows; returns the limit in force.
    static func raise(towards needed: Int) -> Int {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0 else { return needed }
        if limit.rlim_cur < rlim_t(needed), limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(files, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }
}
