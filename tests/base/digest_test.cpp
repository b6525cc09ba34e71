#include "core/base/digest.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "tests/support/scratch.h"

namespace chiasm {
namespace {

// FIPS 180-2, appendix B.
TEST(Digest, Sha256Vectors) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// RFC 4231, cases 1, 2 and 6.
TEST(Digest, HmacVectors) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, PiecesEqualTheWhole) {
  Sha256 hash;
  hash.add("a");
  hash.add("");
  hash.add(std::string("bc").data(), 2);
  EXPECT_EQ(hex(hash.finish()), sha256_hex("abc"));
  EXPECT_THROW(hash.finish(), Error);
}

TEST(Digest, FileEqualsItsBytes) {
  const Scratch scratch;
  const std::string bytes(3000000, 'x');
  write_file_atomic(scratch / "file", bytes);
  EXPECT_EQ(sha256_file(scratch / "file"), sha256_hex(bytes));
  EXPECT_THROW(sha256_file(scratch / "none"), InputError);
}

// Python: base64.b32encode(hashlib.sha256(b"abc").digest()).lower()
TEST(Digest, Base32) {
  EXPECT_EQ(base32(sha256("abc"), 52), "xj4bnp4pahh6uqkbidpf3lrceoyagyndsylxvhfucd7wd4qacwwq");
  EXPECT_EQ(base32(sha256("abc"), 5), "xj4bn");
  EXPECT_EQ(base32(sha256("abc"), 0), "");
  EXPECT_THROW(base32(sha256("abc"), 53), Error);
}

}  // namespace
}  // namespace chiasm
