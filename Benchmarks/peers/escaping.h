// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stddef.h>

/// Writes text as the content of a JSON string: at most 6 characters for each. Returns the end of what was written.
char *escape_text(char *place, const char *text, size_t length);

/// Writes the content of a JSON string as the text it stands for, but leaves \uXXXX as it is, which means the same
/// within a text that is JSON itself. Returns the end of what was written.
char *unescape_text(char *place, const char *text, size_t length);
