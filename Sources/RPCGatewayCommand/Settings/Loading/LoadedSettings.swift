// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import Messaging

/// Settings, and where each of them comes from.
struct LoadedSettings: Sendable, Equatable {
    var settings: Settings
    /// Sources by key; a setting whose key is missing here has its default.
    var origins: [String: String]
}

extension LoadedSettings {
    /// Values that are right by themselves but wrong together.
    var contradictions: [SettingsProblem] {
        var problems: [SettingsProblem] = []
        if settings.gateway.responseTimeout > settings.gateway.maximumTimeout {
            problems.append(problem("rpc.responseTimeoutMs", "must not be more than rpc.maxTimeoutMs"))
        }
        if settings.gateway.limits.burst > 0, settings.gateway.limits.rate == 0 {
            problems.append(problem("limits.burst", "has no meaning without limits.rate; set that as well"))
        }
        if let (key, reason) = settings.access.proxy.contradiction { problems.append(problem(key, reason)) }
        if settings.transport.password != nil, let url = try? TransportURL(settings.transport.url) {
            if ["memory", "fake"].contains(url.driverName) {
                problems.append(problem("transport.password", "has no meaning for a transport without a broker"))
            } else if url.hasAllPasswords {
                let reason = "stands beside transport.url, which has a password for every host; keep one of them"
                problems.append(problem("transport.password", reason))
            }
        }
        let pool = (least: rabbit("conn_pool_min_size", 2), most: rabbit("rpc_conn_pool_size", 30))
        if pool.least > pool.most {
            problems.append(problem("rabbit.conn_pool_min_size", "must not be more than rabbit.rpc_conn_pool_size"))
        }
        if isOn("rabbit_ha_queues"), isOn("rabbit_quorum_queue") || isOn("rabbit_transient_quorum_queue") {
            problems.append(problem("rabbit.rabbit_ha_queues", "cannot be on together with quorum queues"))
        }
        let streams = isOn("rabbit_transient_quorum_queue") && rabbit("rabbit_qos_prefetch_count", 0) > 0
        if isOn("rabbit_stream_fanout"), !streams {
            let needs = "needs rabbit_transient_quorum_queue and a rabbit_qos_prefetch_count above 0"
            problems.append(problem("rabbit.rabbit_stream_fanout", needs))
        }
        return problems + contradictionsOfTLS
    }

    /// A problem with a setting, and where that comes from.
    func problem(_ key: String, _ reason: String) -> SettingsProblem {
        SettingsProblem(subject: key, source: origins[key] ?? "default", reason: reason)
    }

    private func rabbit(_ name: String, _ fallback: Int) -> Int {
        settings.rabbit[name].flatMap { Int($0) } ?? fallback
    }

    private func isOn(_ name: String) -> Bool { settings.rabbit[name] == "true" }
}
