// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string.h>
#include <zlib.h>

// inflateInit2 and deflateInit are macros, which Swift cannot see.
// 32 + MAX_WBITS recognises the headers of zlib (RFC 1950) and gzip (RFC 1952).
static inline int czlib_inflate_begin(z_stream *stream) {
    memset(stream, 0, sizeof(*stream));
    return inflateInit2(stream, 32 + MAX_WBITS);
}
