-- ===----------------------------------------------------------------------===--
-- This source file is part of the rpc-gateway project
-- Licensed under Apache License v2.0; see LICENSE for the full text
-- SPDX-License-Identifier: Apache-2.0
-- ===----------------------------------------------------------------------===--

-- A call with an arguments object of 100 bytes, the same as the floor's. The request is built once.
wrk.method = "POST"
wrk.body = '{"value": "' .. string.rep("x", 87) .. '"}'
wrk.headers["Content-Type"] = "application/json"

-- `errors.status` counts answers of 400 and above.
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d, "bad_statuses": %d, "socket_errors": %d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end
