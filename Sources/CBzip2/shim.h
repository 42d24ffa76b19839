// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bzlib.h>
#include <string.h>

static inline int cbzip2_decompress_begin(bz_stream *stream) {
    memset(stream, 0, sizeof(*stream));
    return BZ2_bzDecompressInit(stream, 0, 0);
}
