// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The contract in OpenAPI 3.1, as it stands in `openapi/`.
enum OpenAPIDocument {
    /// As YAML.
    static var yaml: [UInt8] { PackageResources.gateway_yaml }
    /// As JSON.
    static var json: [UInt8] { PackageResources.gateway_json }
}
