#!/usr/bin/env bash
# Small sound files to start from: seeds.sh FOLDER. Those of other programs only where these are installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
seeds=$1
rm -rf "$seeds"
mkdir -p "$seeds"/{csv,npz,nifti,nrrd,tiff,fast_header,chunk}

# The first byte of a table chooses its separator.
printf ',key,text,age\r\n1,"a ""quoted"", cell\r\nof two lines",7\r\n\r\n2,,\r\n' > "$seeds/csv/quoted"
printf '\x01k;\xc3\xa4;z\n1;2;3\n' > "$seeds/csv/semicolon"
printf '\x04\xef\xbb\xbfone\n"\xef\xbb\xbf"\n""\n' > "$seeds/csv/mark"

# Blosc of four bytes as they are (flag 2), and zlib of nothing.
printf '\x00\x00\x00\x03\x02\x01\x02\x01\x04\x00\x00\x00\x04\x00\x00\x00\x14\x00\x00\x00abcd' > "$seeds/chunk/copied"
printf '\x80\x00\x00\x00\x78\x9c\x63\x00\x00\x00\x01\x00\x01' > "$seeds/chunk/deflated"

array() { printf "\\x93NUMPY\\x01\\x00\\x46\\x00{'descr': '%s', 'fortran_order': %s, 'shape': %s, }%*s\n%s" "$1" "$2" "$3" \
  $((69 - 47 - ${#1} - ${#2} - ${#3})) '' "$4"; }
array '|u1' False '(2, 3)' 'abcdef' > "$seeds/npz/uint8.npy"
array '>i2' True '(1, 2, 2)' 'abcdefgh' > "$seeds/npz/int16.npy"
array '<f2' False '(2, 2)' 'abcdefgh' > "$seeds/npz/float16.npy"
array '<i8' True '(2, 1)' 'abcdefghabcdefgh' > "$seeds/npz/int64.npy"
array '<f8' False '(3,)' 'abcdefgHabcdefgHabcdefgH' > "$seeds/npz/spacing.npy"
if [ -x "${CHIASM_TEST_PYTHON:-}" ]; then
  "$CHIASM_TEST_PYTHON" tests/data/write_npz.py "$seeds/npz"
  "$CHIASM_TEST_PYTHON" tests/data/write_nifti.py "$seeds/nifti"
  "$CHIASM_TEST_PYTHON" tests/data/write_nrrd.py "$seeds/nrrd"
  rm "$seeds"/{npz,nifti,nrrd}/expected.json "$seeds"/{npz/large.npz,nrrd/large.nrrd}
fi
printf 'NRRD0004\n# a comment\ntype: %s\ndimension: 3\nspace: %s\nsizes: 2 1 2\nspace directions: (1,0,0) (0,2,0) (0,0.5,3)\nkinds: domain domain domain\nendian: big\nencoding: raw\nspace origin: (1,-2,3)\n\nabcdefgh' \
  short left-posterior-superior > "$seeds/nrrd/short.nrrd"
cp tests/golden/nifti/*.nii* "$seeds/nifti"
cp tests/golden/nrrd/*.nrrd "$seeds/nrrd"

# A classic TIFF file: header, six grey values, a directory of nine entries (tag, type, count, value).
{
  printf 'II*\0\x10\0\0\0abcdef\0\0\x09\0'
  while read -r tag type value; do printf "\\x$tag\\x01\\x$type\\0\\x01\\0\\0\\0\\x$value\\0\\0\\0"; done <<'END'
00 03 03
01 03 02
02 03 08
03 03 01
06 03 01
11 04 08
15 03 01
16 03 02
17 04 06
END
  printf '\0\0\0\0'
} > "$seeds/tiff/grey.tif"

dump() {
  cat <<'END'
(0008,0005) CS [ISO_IR 100]
(0008,0008) CS [ORIGINAL\PRIMARY\AXIAL]
(0008,0016) UI [1.2.840.10008.5.1.4.1.1.2]
(0008,0018) UI [1.2.3.4.5]
(0008,0060) CS [CT]
(0008,1140) SQ
(fffe,e000) na
(0008,1155) UI [1.2.3.4.6]
(fffe,e00d) na
(fffe,e0dd) na
(0010,0010) PN [Doe^Jane]
(0010,0020) LO [P1]
(0018,1210) SH [B30f]
(0020,000d) UI [1.2.3]
(0020,000e) UI [1.2.3.4]
(0020,0013) IS [7]
(0020,0032) DS [-20\-30\5]
(0020,0037) DS [1\0\0\0\1\0]
(0028,0002) US 1
(0028,0004) CS [MONOCHROME2]
(0028,0010) US 2
(0028,0011) US 2
(0028,0030) DS [0.7\0.9]
(0028,0100) US 16
(7fe0,0010) OW 0001\0002\0003\0004
END
}
if command -v dump2dcm >/dev/null; then
  dump > "$seeds/dump"
  for syntax in e i; do dump2dcm -q +F +t$syntax "$seeds/dump" "$seeds/fast_header/$syntax.dcm"; done
  dump2dcm -q +F +te -e "$seeds/dump" "$seeds/fast_header/undefined_lengths.dcm"
  sed -i 's/ISO_IR 100/ISO_IR 192/' "$seeds/dump"
  dump2dcm -q +F +te "$seeds/dump" "$seeds/fast_header/utf8.dcm"
  rm "$seeds/dump"
fi
# Real ones of at most 8 KiB.
shared=${CHIASM_SHARED:-../shared/data}
if [ -d "$shared" ]; then
  find "$shared" -name '*.dcm' -size -9k -type f | sort | sed -n 1,50p | while read -r file; do cp "$file" "$seeds/fast_header/real_$(basename "$file")"; done
fi
