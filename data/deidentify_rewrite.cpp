#include "data/deidentify_rewrite.h"

#include "core/base/error.h"
#include "core/base/pack.h"
#include "data/descriptor_words.h"
#include "data/dicom/packed_types.h"

namespace chiasm {
namespace {

struct Request {
  std::filesystem::path from, to;
  std::string issuer, number;
  PixelWork pixels;
};

struct Answer {
  enum class Kind { written, refused, failed } kind = Kind::written;
  std::string code, detail;  // the message, of what failed
};

template <class P>
void pack(P& p, Request& r) {
  p(r.from), p(r.to), p(r.issuer), p(r.number), p(r.pixels.cleaned), p(r.pixels.face_of);
}

template <class P>
void pack(P& p, Answer& a) {
  p(a.kind), p(a.code), p(a.detail);
}

dicom::Surrogates surrogates(const RewriteKnowledge& known, const KnownPatient& patient) {
  const deid::LeftoverSearch& search = *patient.search;
  dicom::Surrogates out;
  out.patient = known.names.patient(patient.issuer, patient.id);
  out.uid = [&known](const std::string& uid) { return known.names.uid(uid); };
  out.accession = [&known](const std::string& number) { return known.names.study(number); };
  out.shift_days = known.names.shift_days(patient.issuer, patient.id);
  out.text = [&search](const std::string& raw) {
    std::string left = imaging_words(raw);
    return search.finds(left) ? std::string() : left;
  };
  out.identifies = [&known, &search](const std::string& value) { return search.finds(value) || known.everybody.first_hit(value) >= 0; };
  return out;
}

// The double entry, on what stands in the file.
void look(const std::vector<dicom::WrittenText>& texts, const deid::LeftoverSearch& search) {
  for (const dicom::WrittenText& text : texts)
    if (search.finds(text.value)) throw Refused("IDENTITY_LEFT", "a known identifier is left in " + text.tag);
}

std::vector<dicom::WrittenText> rewritten(const RewriteKnowledge& known, const Request& request, const KnownPatient& patient) {
  dicom::PixelChanges changes;
  if (request.pixels.cleaned) changes.cleaned = &*request.pixels.cleaned;
  dicom::FaceRemoval removal;
  if (!request.pixels.face_of.empty()) {
    const FacePlan* plan = known.faces.of(request.pixels.face_of).plan;
    if (plan == nullptr) throw Refused("FACES", "there is no plan for the face");
    removal = {[plan](const std::array<double, 3>& at) { return plan->region.holds(at); }, plan->air};
    changes.face = &removal;
  }
  return dicom::deidentify_file(request.from, request.to, known.profile, surrogates(known, patient), changes);
}

// In a process of its own.
std::string answer(const RewriteKnowledge& known, const std::string& bytes) {
  const auto request = unpacked<Request>(bytes);
  Answer answer;
  try {
    if (known.before) known.before(request.from);
    const KnownPatient& patient = known.patients.at({request.issuer, request.number});
    look(rewritten(known, request, patient), *patient.search);
  } catch (const Refused& refused) {
    answer = {Answer::Kind::refused, refused.code, refused.detail};
  } catch (const InputError&) {
    answer = {Answer::Kind::refused, "DAMAGED", "the file cannot be read"};
  } catch (const Error& error) {
    answer = {Answer::Kind::failed, "", error.what()};
  }
  return packed(answer);
}

}  // namespace

IsolateLimits rewrite_limits() {
  IsolateLimits limits;
  limits.file = uint64_t{16} << 30;
  limits.wall_seconds = 1800;  // a file of 8 GiB is read, written and read again
  return limits;
}

Rewriters::Rewriters(const RewriteKnowledge& knowledge, const IsolateLimits& limits)
    : known_(knowledge), processes_([&knowledge](const std::string& bytes) { return answer(knowledge, bytes); }, limits) {}

void Rewriters::rewrite(const std::filesystem::path& from, const std::filesystem::path& to, const PatientKey& patient,
                        const PixelWork& pixels) {
  Answer got;
  try {
    got = unpacked<Answer>(processes_.call(packed(Request{from, to, patient.first, patient.second, pixels})));
  } catch (const IsolateFailure& failure) {
    if (failure.kind == IsolateFailure::Kind::late) throw Refused("READER_LATE", "rewriting took longer than it may");
    throw Refused("READER_DIED", "the rewriting process crashed, or needed more memory or time than it may");
  } catch (const std::runtime_error&) {
    throw Refused("READER_DIED", "the rewriting process gave an answer that is none");
  }
  if (got.kind == Answer::Kind::refused) throw Refused(got.code, got.detail);
  if (got.kind == Answer::Kind::failed) throw Error(got.detail);
  // Here, where nothing of the file was parsed.
  if (known_.everybody.first_hit_in(to) >= 0) throw Refused("IDENTITY_LEFT", "a known identifier is left in the bytes of the file");
}

}  // namespace chiasm
