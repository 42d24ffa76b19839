// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Statuses of exceptions whose meaning is known exactly, by module and class.
enum RemoteClasses {
    static let status: [Name: Int] = [
        "builtins.NotImplementedError": 501,
        "oslo_policy.policy.PolicyNotAuthorized": 403,
        "oslo_policy.policy.InvalidScope": 403,
        // The server's own call downstream failed: it speaks of another hop than ours.
        "oslo_messaging.exceptions.MessagingTimeout": 504,
        "oslo_messaging.exceptions.MessageDeliveryFailure": 502,
        "oslo_messaging.exceptions.MessageUndeliverable": 502,
        "neutron_lib.exceptions.NotFound": 404,
        "neutron_lib.exceptions.Conflict": 409,
        "neutron_lib.exceptions.InUse": 409,
        "neutron_lib.exceptions.BadRequest": 400,
        "neutron_lib.exceptions.ServiceUnavailable": 503,
        "neutron_lib.exceptions.NotAuthorized": 403,
        "oslo_db.exception.DBDuplicateEntry": 409,
        "oslo_db.exception.DBDeadlock": 503,
        "oslo_db.exception.DBConnectionError": 503,
    ]
}
