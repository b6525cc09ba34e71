// Fictitious identifiers as people write them, by language: what the proof plants in texts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/random.h"

namespace chiasm::prove {

struct Name {
  std::string family, given;
  std::string kana_family, kana_given;    // Japanese only
  std::string latin_family, latin_given;  // Japanese only
  std::string dicom() const;              // a person name of DICOM, with its three writings where it has them
};

// What is planted, and the pieces by which a search would know it again.
struct Written {
  std::string text;
  std::vector<std::string> pieces;
};

Name draw_name(const std::string& language, Random& random);
Written draw_phone(const std::string& language, Random& random);
Written draw_number(Random& random);
Written draw_mail(Random& random);
Written draw_url(Random& random);
Written draw_address(const std::string& language, Random& random);
Written draw_institution(const std::string& language, Random& random);
Written draw_old_age(const std::string& language, Random& random);

// One of the forms in which dates are written; with its year unless `yearless`.
Written write_date(int64_t day, const std::string& language, Random& random);
// A known person's name, in one of the shapes that reports use.
Written write_name(const Name& name, const std::string& language, Random& random);

}  // namespace chiasm::prove
