#include "fusion/fusions.h"

#include "fusion/joint.h"
#include "fusion/latent.h"

namespace chiasm {

const FusionRegistry& fusions() {
  static const FusionRegistry list{
      entry<Fusion, FusionContext, LatentConfig>("latent", "A fixed number of latent queries that read the tokens of all inputs."),
      entry<Fusion, FusionContext, JointConfig>("joint", "Self-attention over the tokens of all inputs and a summary token."),
  };
  return list;
}

}  // namespace chiasm
