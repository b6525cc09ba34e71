// What a loader says when it is asked for what it cannot deliver.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/loader/loader_store.h"

namespace chiasm {
namespace {

using test::LoaderStore;
using test::shared_store;

TEST(Loader, RefusesWhatItCannotDeliver) {
  const LoaderStore& store = shared_store();
  const auto message = [&](const LoaderOptions& options) -> std::string {
    try {
      store.loader(options);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  LoaderOptions options = store.options();
  options.inputs = {"cta"};
  EXPECT_NE(message(options).find("did you mean 'ct'"), std::string::npos);
  options.inputs = {"mr"};
  EXPECT_NE(message(options).find("lies on input 'ct'"), std::string::npos);
  options = store.options();
  options.preparations.erase("ct");
  EXPECT_NE(message(options).find("has no view"), std::string::npos);
  options = store.options();
  options.targets = {"lab"};
  EXPECT_NE(message(options).find("no target and no text 'lab'"), std::string::npos);
  options = store.options();
  EXPECT_THROW(Loader(store.reader, store.names, nullptr, options), UsageError);
  EXPECT_THROW(Loader(store.reader, {"S9999"}, store.tokenizer, options), UsageError);
  options.require = {"ct", "report"};
  EXPECT_THROW(Loader(store.reader, {"S1004"}, store.tokenizer, options), UsageError);
}
}  // namespace
}  // namespace chiasm
