// What readers in other processes are asked and answer, as bytes (core/base/pack.h).
#pragma once

#include "core/base/pack.h"
#include "data/dicom/dicom.h"
#include "data/dicom/object_pixels.h"

namespace chiasm {

template <class P>
void pack(P& p, Volume& v) {
  p(v.modality), p(v.channels), p(v.size), p(v.affine), p(v.voxels), p(v.slope), p(v.intercept), p(v.valid), p(v.statistics), p(v.facts);
}

}  // namespace chiasm

namespace chiasm::dicom {

using chiasm::pack;

template <class P>
void pack(P& p, Frame& f) {
  p(f.position), p(f.orientation), p(f.spacing), p(f.kind), p(f.phases), p(f.instance), p(f.times);
}

template <class P>
void pack(P& p, Header& h) {
  p(h.path), p(h.sop_class), p(h.sop_uid), p(h.study_uid), p(h.series_uid), p(h.frame_uid), p(h.transfer_syntax);
  p(h.modality), p(h.accession), p(h.study_date), p(h.study_time), p(h.series_date), p(h.series_description), p(h.study_description);
  p(h.body_part), p(h.view_position), p(h.kernel), p(h.protocol), p(h.manufacturer), p(h.scanner), p(h.contrast), p(h.sequence);
  p(h.laterality), p(h.burned_in), p(h.image_type), p(h.patient_id), p(h.issuer), p(h.patient_name), p(h.birth_date), p(h.sex), p(h.age);
  p(h.identity), p(h.image), p(h.truncated), p(h.canonical), p(h.rows), p(h.columns), p(h.samples), p(h.enhanced), p(h.tiles);
  p(h.drawn_on), p(h.photometric), p(h.frames);
}

template <class P>
void pack(P& p, ScannedFile& f) {
  p(f.header), p(f.path), p(f.code), p(f.detail);
}

template <class P>
void pack(P& p, Slice& s) {
  p(s.header), p(s.frame);
}

template <class P>
void pack(P& p, Group& g) {
  p(g.headers), p(g.slices), p(g.series_uid), p(g.modality);
}

template <class P>
void pack(P& p, LookupTable& t) {
  p(t.first), p(t.bits), p(t.entries);
}

template <class P>
void pack(P& p, Window& w) {
  p(w.center), p(w.width), p(w.function);
}

template <class P>
void pack(P& p, Voi& v) {
  p(v.table), p(v.window), p(v.mirror), p(v.scale);
}

template <class P>
void pack(P& p, PixelFormat& f) {
  p(f.rows), p(f.columns), p(f.frames), p(f.samples), p(f.bits_allocated), p(f.bits_stored), p(f.high_bit), p(f.is_signed);
}

template <class P>
void pack(P& p, ObjectPixels& o) {
  p(o.stored.format), p(o.stored.bytes), p(o.photometric), p(o.palette_first), p(o.palette);
}

template <class P>
void pack(P& p, ReadOptions& o) {
  p(o.threads), p(o.digest), p(o.plain_pixels), p(o.isolate);
}

template <class P>
void pack(P& p, ReadResult& r) {
  p(r.volume), p(r.group), p(r.code), p(r.detail), p(r.notes), p(r.voi), p(r.stored_sha256);
}

}  // namespace chiasm::dicom
