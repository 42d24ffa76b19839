// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <curl/curl.h>
#include <string.h>

// Swift cannot call C's variadic functions; this fixes the arguments of libcurl's.

/// Where a body goes: `capacity` bytes that the caller has.
struct ccurl_body {
    unsigned char *bytes;
    size_t count;
    size_t capacity;
};

/// Takes a piece of a body; less than all of it ends the transfer.
static inline size_t ccurl_take(char *data, size_t size, size_t count, void *context) {
    struct ccurl_body *body = (struct ccurl_body *)context;
    size_t added = size * count;
    if (added > body->capacity - body->count) return 0;
    memcpy(body->bytes + body->count, data, added);
    body->count += added;
    return added;
}

/// Gets a URL, follows no redirect, and waits until it is there; `text` has CURL_ERROR_SIZE bytes.
///
/// `protocol` is the only one that is spoken; a certificate has to be of one of the authorities, the system's where the file is NULL, and
/// of the host. The environment's proxy is used, but for the hosts of `no_proxy`, where `*` is all.
static inline CURLcode ccurl_get(const char *url, const char *protocol, const char *authorities, const char *no_proxy,
                                 long connect_ms, long whole_ms, struct ccurl_body *body, long *status, char *text) {
    text[0] = 0;
    CURL *curl = curl_easy_init();
    if (!curl) return CURLE_FAILED_INIT;
    CURLcode code = CURLE_OK;
#define CCURL_SET(option, value) \
    if (code == CURLE_OK) code = curl_easy_setopt(curl, option, value)
    CCURL_SET(CURLOPT_ERRORBUFFER, text);
    CCURL_SET(CURLOPT_URL, url);
    CCURL_SET(CURLOPT_PROTOCOLS_STR, protocol);
    CCURL_SET(CURLOPT_FOLLOWLOCATION, 0L);
    CCURL_SET(CURLOPT_NOSIGNAL, 1L);
    CCURL_SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    CCURL_SET(CURLOPT_TIMEOUT_MS, whole_ms);
    CCURL_SET(CURLOPT_SSL_VERIFYPEER, 1L);
    CCURL_SET(CURLOPT_SSL_VERIFYHOST, 2L);
    CCURL_SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (authorities) CCURL_SET(CURLOPT_CAINFO, authorities);
    if (no_proxy) CCURL_SET(CURLOPT_NOPROXY, no_proxy);
    CCURL_SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)body->capacity);
    CCURL_SET(CURLOPT_USERAGENT, "rpc-gateway");
    CCURL_SET(CURLOPT_WRITEFUNCTION, ccurl_take);
    CCURL_SET(CURLOPT_WRITEDATA, body);
#undef CCURL_SET
    if (code == CURLE_OK) code = curl_easy_perform(curl);
    if (code == CURLE_OK) code = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    // It points into the caller's memory.
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_cleanup(curl);
    return code;
}

/// Prepares the library, once and before any thread uses it; 0 where that went well.
static inline int ccurl_begin(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
