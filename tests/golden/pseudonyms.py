"""Expected values of Deidentify.PseudonymsAreKeyedDigests, from Python's own HMAC and base 32."""
import base64
import hashlib
import hmac

KEY = b"k" * 32


def keyed(domain, value):
    return hmac.new(KEY, domain + b"\0" + value, hashlib.sha256).digest()


def name(digest):
    return base64.b32encode(digest).decode().lower()[:16]


print("patient", name(keyed(b"pid", b"ISSUER\0PT1")))
print("study", name(keyed(b"study", b"A1")))
print("item", name(keyed(b"item", b"a/b.dcm")))
print("shift", -7 * (5218 + int.from_bytes(keyed(b"date", b"\0PT1")[:3], "big") % 520))
print("key_id", hashlib.sha256(b"kid" + KEY).hexdigest()[:16])
