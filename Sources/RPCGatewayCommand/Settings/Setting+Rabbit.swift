// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension Setting {
    /// An option of `[oslo_messaging_rabbit]`, kept as text for the driver.
    static func rabbit(_ name: String, _ option: RabbitOption, default: String, _ meaning: String) -> Setting {
        Setting(
            key: "rabbit.\(name)",
            type: option.type,
            allowed: option.allowed,
            meaning: meaning,
            documentedDefault: `default`,
            apply: { raw, settings in
                guard case .text(let text) = raw, let value = option.normalized(text) else { return false }
                settings.rabbit[name] = value
                return true
            },
            show: { settings in settings.rabbit[name].map { .text($0) } }
        )
    }
}
