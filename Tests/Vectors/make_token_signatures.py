#!/usr/bin/env python3
"""Makes token_signatures.json: tokens of RSA that are signed well, and in every way in which a signature is nearly right.

No library would make the wrong ones, so the padding is written here: PKCS #1 v1.5 and PSS of RFC 8017. The key is made of a seed, the same
each time, and guards nothing. Usage: Tests/Vectors/make_token_signatures.py > Tests/Vectors/token_signatures.json
"""

import base64
import hashlib
import json
import random

RANDOM = random.Random("tokens")
OIDS = {"sha256": "0609608648016503040201", "sha384": "0609608648016503040202", "sha512": "0609608648016503040203", "sha1": "06052b0e03021a"}
SIZE = 256


def is_prime(number):
    if any(number % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(24):
        value = pow(RANDOM.randrange(2, number - 1), odd, number)
        if value in (1, number - 1):
            continue
        for _ in range(twos - 1):
            value = value * value % number
            if value == number - 1:
                break
        else:
            return False
    return True


def prime(bits):
    while True:
        number = RANDOM.getrandbits(bits) | 3 << bits - 2 | 1
        if number % 65537 != 1 and is_prime(number):
            return number


P, Q = prime(1024), prime(1024)
N, E = P * Q, 65537
D = pow(E, -1, (P - 1) * (Q - 1))


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number_text(number):
    return text(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def raw(encoded):
    """The signature whose padded message is this."""
    return pow(int.from_bytes(encoded, "big"), D, N).to_bytes(SIZE, "big")


def tlv(tag, content, length=None):
    return bytes([tag]) + (length if length is not None else bytes([len(content)])) + content


def digest_info(hash_name, digest, null=b"\x05\x00", tags=(0x30, 0x30, 0x04)):
    algorithm = tlv(tags[1], bytes.fromhex(OIDS[hash_name]) + null)
    return tlv(tags[0], algorithm + tlv(tags[2], digest))


def pkcs1(info, start=b"\x00\x01", fill=b"\xff", end=b"\x00", behind=b""):
    missing = SIZE - len(start) - len(end) - len(info) - len(behind)
    return start + fill * missing + end + info + behind


def mask(seed, length, hash_name):
    blocks = b"".join(hashlib.new(hash_name, seed + count.to_bytes(4, "big")).digest() for count in range(length // 16 + 1))
    return blocks[:length]


def pss(digest, hash_name, salt_length=None, mask_hash=None, trailer=b"\xbc", first=b"\x01", padding=None, salt=None):
    size = len(digest)
    salt = RANDOM.randbytes(size if salt_length is None else salt_length) if salt is None else salt
    hashed = hashlib.new(hash_name, bytes(8) + digest + salt).digest()
    zeros = bytes(SIZE - size - len(salt) - 2) if padding is None else padding(SIZE - size - len(salt) - 2)
    block = zeros + first + salt
    masked = bytearray(a ^ b for a, b in zip(block, mask(hashed, len(block), mask_hash or hash_name)))
    masked[0] &= 0x7F
    return bytes(masked) + hashed + trailer


def flipped(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def pkcs1_cases(name, digest):
    info = digest_info(name, digest)
    yield "right", True, raw(pkcs1(info))
    yield "without NULL", False, raw(pkcs1(digest_info(name, digest, null=b"")))
    yield "NULL in long form", False, raw(pkcs1(digest_info(name, digest, null=b"\x05\x81\x00")))
    yield "NULL with content", False, raw(pkcs1(digest_info(name, digest, null=b"\x05\x01\x00")))
    for place, what in enumerate(("sequence", "algorithm", "digest")):
        tags = [0x30, 0x30, 0x04]
        tags[place] ^= 1
        yield f"another tag of the {what}", False, raw(pkcs1(digest_info(name, digest, tags=tags)))
    long = tlv(0x30, info[2:], length=b"\x81" + bytes([len(info) - 2]))
    yield "length in long form", False, raw(pkcs1(long))
    yield "length with a zero before it", False, raw(pkcs1(tlv(0x30, info[2:], length=b"\x82\x00" + bytes([len(info) - 2]))))
    yield "no length", False, raw(pkcs1(tlv(0x30, info[2:] + bytes(2), length=b"\x80")))
    yield "another hash's name", False, raw(pkcs1(digest_info("sha512" if name != "sha512" else "sha256", digest)))
    yield "SHA-1's name", False, raw(pkcs1(digest_info("sha1", digest)))
    yield "digest alone", False, raw(pkcs1(digest))
    yield "digest cut short", False, raw(pkcs1(digest_info(name, digest[:-1])))
    yield "another digest", False, raw(pkcs1(digest_info(name, flipped(digest, 0))))
    yield "padding of encryption", False, raw(pkcs1(info, start=b"\x00\x02"))
    yield "padding of zeros", False, raw(pkcs1(info, start=b"\x00\x00", fill=b"\x00"))
    yield "padding with another byte", False, raw(flipped(pkcs1(info), 40))
    yield "no end of the padding", False, raw(pkcs1(info, end=b"\xff"))
    yield "a zero in the place of the last byte", False, raw(pkcs1(info)[:-1] + b"\x00" if info[-1:] != b"\x00" else pkcs1(info)[:-1] + b"\x01")
    garbage = b"\x00\x01" + b"\xff" * 8 + b"\x00" + info
    yield "short padding and garbage behind", False, raw(garbage + bytes(SIZE - len(garbage)))
    yield "of the hash's own PSS", False, raw(pss(digest, name))


def pss_cases(name, digest):
    size = len(digest)
    yield "right", True, raw(pss(digest, name))
    yield "salt of zeros", True, raw(pss(digest, name, salt=bytes(size)))
    for length in (0, 1, size - 1, size + 1, SIZE - size - 2):
        yield f"salt of {length} bytes", False, raw(pss(digest, name, salt_length=length))
    yield "mask of another hash", False, raw(pss(digest, name, mask_hash="sha1"))
    yield "another trailer", False, raw(pss(digest, name, trailer=b"\xbd"))
    yield "trailer of the old form", False, raw(pss(digest, name, trailer=b"\xcc"))
    yield "another byte before the salt", False, raw(pss(digest, name, first=b"\x02"))
    yield "padding with another byte", False, raw(pss(digest, name, padding=lambda count: bytes(count - 1) + b"\x01"))
    yield "another digest", False, raw(pss(flipped(digest, 0), name))
    right = pss(digest, name)
    yield "hash changed", False, raw(flipped(right, SIZE - 2))
    yield "block changed", False, raw(flipped(right, 20))
    yield "of PKCS #1 v1.5", False, raw(pkcs1(digest_info(name, digest)))


def number_cases(right):
    yield "0", bytes(SIZE)
    yield "1", (1).to_bytes(SIZE, "big")
    yield "n - 1", (N - 1).to_bytes(SIZE, "big")
    yield "n", N.to_bytes(SIZE, "big")
    above = int.from_bytes(right, "big") + N
    if above.bit_length() <= SIZE * 8:
        yield "not reduced", above.to_bytes(SIZE, "big")
    yield "a zero before it", b"\x00" + right
    yield "a zero behind it", right + b"\x00"
    yield "cut short", right[:-1]
    yield "one byte", b"\x01"


def tokens():
    for algorithm, name in [(f"{kind}{bits}", f"sha{bits}") for kind in ("RS", "PS") for bits in (256, 384, 512)]:
        head = text(json.dumps({"alg": algorithm, "kid": algorithm}, separators=(",", ":")).encode())
        signed = f"{head}.{text(json.dumps({'sub': 'x'}).encode())}"
        digest = hashlib.new(name, signed.encode()).digest()
        cases = list((pkcs1_cases if algorithm[0] == "R" else pss_cases)(name, digest))
        cases += [(what, False, signature) for what, signature in number_cases(cases[0][2])]
        for what, valid, signature in cases:
            yield {"algorithm": algorithm, "what": what, "valid": valid, "token": f"{signed}.{text(signature)}"}


key = {"kty": "RSA", "n": number_text(N), "e": number_text(E)}
print(json.dumps({"key": key, "tokens": list(tokens())}, indent=0))
