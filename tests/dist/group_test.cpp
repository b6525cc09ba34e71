// Collectives on two real ranks, and how ranks find each other.
#include "core/dist/group.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>

#include "core/base/error.h"
#include "tests/support/ranks.h"

namespace chiasm {
namespace {

using test::in_rank;
using test::run_ranks;

// Sets an environment variable (or removes it) until the end of the scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    const char* before = std::getenv(name);
    had_ = before != nullptr;
    if (had_) before_ = before;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  ~Variable() { had_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
  bool had_ = false;
};

std::string refusal() {
  try {
    dist::from_environment("cpu");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Group, OneProcessIsAGroupOfOne) {
  const auto group = dist::single_process();
  EXPECT_EQ(group->size(), 1);
  EXPECT_TRUE(group->first());
  at::Tensor values = at::arange(3, at::kFloat);
  group->all_reduce_sum(values);
  group->all_reduce_max(values);
  group->broadcast(values, 0);
  EXPECT_TRUE(at::equal(values, at::arange(3, at::kFloat)));
  EXPECT_TRUE(at::equal(group->all_gather(values), values));
  EXPECT_TRUE(dist::all_gather_with_gradient(*group, values).is_same(values));
  EXPECT_EQ(group->gather_bytes("a"), std::vector<std::string>{"a"});
  EXPECT_EQ(group->process_group(), nullptr);
}

TEST(Group, ReducesAndBroadcasts) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  const auto group = dist::from_environment("cpu");
  ASSERT_EQ(group->size(), 2);
  const auto rank = static_cast<double>(group->rank());
  at::Tensor sum = at::tensor({1.0 + rank, 5.0}, at::kDouble), most = at::tensor({rank, -rank}, at::kDouble), mine = at::full({2}, rank);
  group->all_reduce_sum(sum);
  group->all_reduce_max(most);
  group->broadcast(mine, 1);
  EXPECT_TRUE(at::equal(sum, at::tensor({3.0, 10.0}, at::kDouble)));
  EXPECT_TRUE(at::equal(most, at::tensor({1.0, 0.0}, at::kDouble)));
  EXPECT_TRUE(at::equal(mine, at::ones({2})));
  const at::Tensor slice = at::arange(6, at::kFloat).reshape({2, 3}).t().narrow(0, 0, 2) + 10.0 * rank;  // not contiguous
  EXPECT_TRUE(at::equal(group->all_gather(slice), at::tensor({0., 3., 1., 4., 10., 13., 11., 14.}, at::kFloat).reshape({4, 2})));
}

// Rank r holds x_r (2 values). Its loss is sum_i c_ri y_i^2 over all gathered y, so dL/dx of the sum of both losses is 2 (c_0 + c_1) x.
TEST(Group, GatherSumsTheGradientsOfAllRanks) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  const auto group = dist::from_environment("cpu");
  const int64_t rank = group->rank();
  const at::Tensor values = at::tensor({1., -2., 3., 0.5}, at::kDouble),
                   weights = at::tensor({1., 2., 3., 4., 10., 20., 30., 40.}, at::kDouble).reshape({2, 4});
  const at::Tensor mine = values.narrow(0, 2 * rank, 2).clone().requires_grad_(true);
  const at::Tensor all = dist::all_gather_with_gradient(*group, mine);
  EXPECT_TRUE(at::equal(all.detach(), values));
  (all.square() * weights[rank]).sum().backward();
  const at::Tensor expected = 2.0 * values * weights.sum(0);
  EXPECT_TRUE(at::allclose(mine.grad(), expected.narrow(0, 2 * rank, 2), 1e-12, 1e-12));
}

TEST(Group, GathersBytesOfUnequalLengths) {
  if (!in_rank()) {
    EXPECT_EQ(run_ranks(2), 0);
    return;
  }
  const auto group = dist::from_environment("cpu");
  const std::vector<std::string> parts{std::string("a\0b", 3), std::string(70000, 'z')};
  EXPECT_EQ(group->gather_bytes(parts[static_cast<size_t>(group->rank())]), parts);
  const std::vector<std::string> some{"", "x"};
  EXPECT_EQ(group->gather_bytes(some[static_cast<size_t>(group->rank())]), some);
  EXPECT_EQ(group->gather_bytes(""), (std::vector<std::string>{"", ""}));
  group->barrier();
}

TEST(Rendezvous, WithoutVariablesThereIsOneProcess) {
  const Variable rank("RANK", nullptr), size("WORLD_SIZE", nullptr);
  EXPECT_EQ(dist::from_environment("cpu")->size(), 1);
}

TEST(Rendezvous, AWorldOfOneNeedsNoStore) {
  const Variable rank("RANK", "0"), size("WORLD_SIZE", "1"), port("MASTER_PORT", "1");
  EXPECT_EQ(dist::from_environment("cpu")->size(), 1);
}

TEST(Rendezvous, ARankThatIsNoNumberIsRefused) {
  const Variable rank("RANK", "first"), size("WORLD_SIZE", "2");
  EXPECT_EQ(refusal(), "environment variable RANK is 'first'; it must be a whole number");
}

TEST(Rendezvous, ARankOutsideTheWorldIsRefused) {
  const Variable rank("RANK", "2"), size("WORLD_SIZE", "2");
  EXPECT_EQ(refusal(), "RANK is 2; it must lie in [0, WORLD_SIZE)");
}

TEST(Rendezvous, HalfOfTheVariablesIsRefused) {
  const Variable rank("RANK", "0"), size("WORLD_SIZE", nullptr);
  EXPECT_EQ(refusal(), "RANK is set, but WORLD_SIZE is not; a launcher sets both");
}

TEST(Rendezvous, OtherLaunchersAreKnown) {
  const Variable rank("RANK", nullptr), size("WORLD_SIZE", nullptr);
  {
    const Variable id("SLURM_PROCID", "3"), tasks("SLURM_NTASKS", "3");
    EXPECT_EQ(refusal(), "SLURM_PROCID is 3; it must lie in [0, SLURM_NTASKS)");
  }
  {
    const Variable id("OMPI_COMM_WORLD_RANK", "-1"), tasks("OMPI_COMM_WORLD_SIZE", "2");
    EXPECT_EQ(refusal(), "OMPI_COMM_WORLD_RANK is -1; it must lie in [0, OMPI_COMM_WORLD_SIZE)");
  }
  const Variable id("PMI_RANK", "0"), tasks("PMI_SIZE", "x");
  EXPECT_EQ(refusal(), "environment variable PMI_SIZE is 'x'; it must be a whole number");
}

TEST(Rendezvous, ABadPortIsRefused) {
  const Variable rank("RANK", "0"), size("WORLD_SIZE", "2"), port("MASTER_PORT", "70000");
  EXPECT_EQ(refusal(), "MASTER_PORT is 70000; it must lie in [1, 65535]");
}

TEST(Rendezvous, CudaWithoutAGpuSaysWhy) {
  try {
    dist::from_environment("cuda");
    GTEST_SKIP() << "a GPU is here";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("device: cuda was asked for, but "), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("use device: cpu"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace chiasm
