// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#pragma once

/// Prints a line to standard error and ends the process with status 1.
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
