#include "core/train/train_config.h"

namespace chiasm {

void fields(config::Visitor& v, TrainConfig& c) {
  v.field("steps", c.steps, "Optimiser steps; 0: from epochs.", {.at_least = 0});
  v.field("epochs", c.epochs, "Passes over the train part, when steps is 0.", {.at_least = 1});
  v.field("batch", c.batch, "Studies a step, over all ranks.", {.at_least = 1});
  v.field("micro_batch", c.micro_batch, "Studies a rank and forward pass; 0: batch / ranks.", {.at_least = 0});
  v.field("lr", c.lr, "Peak learning rate.", {.above = 0, .at_most = 10});
  v.field("backbone_lr", c.backbone_lr, "Factor on the learning rate of encoders and fusion.", {.at_least = 0, .at_most = 100});
  v.field("warmup", c.warmup, "Share of the steps with rising learning rate.", {.at_least = 0, .at_most = 1});
  v.field("final_lr", c.final_lr, "Learning rate at the end, as a share of the peak (cosine).", {.at_least = 0, .at_most = 1});
  v.field("weight_decay", c.weight_decay, "Decoupled weight decay; biases, norms and embeddings do not decay.",
          {.at_least = 0, .at_most = 10});
  v.field("beta2", c.beta2, "AdamW's second moment decay.", {.at_least = 0, .below = 1});
  v.field("clip", c.clip, "Largest norm of the whole gradient; 0: none.", {.at_least = 0});
  v.field("ema", c.ema, "Decay of the averaged weights that are evaluated and exported; 0: none.", {.at_least = 0, .below = 1});
  v.field("precision", c.precision, "auto: bf16 where the hardware has it.", {.choices = {"auto", "fp32", "bf16"}});
  v.field("device", c.device, "Where to train.", {.choices = {"cpu", "cuda"}});
  v.field("deterministic", c.deterministic, "Repeatable kernels on CUDA.");
  v.field("seed", c.seed, "All randomness is derived from it.", {.at_least = 0});
  v.field("threads", c.threads, "Compute threads a rank; 0: cores / local ranks.", {.at_least = 0});
  v.field("checkpoint_every", c.checkpoint_every, "Steps between checkpoints.", {.at_least = 1});
  v.field("keep", c.keep, "Checkpoints to keep.", {.at_least = 1});
  v.field("feature_gib", c.feature_gib,
          "Where encoders do not train and their images are not augmented, features are computed once and kept: GiB a rank at most.",
          {.at_least = 0, .at_most = 4096});
  v.field("bad_steps", c.bad_steps, "Non-finite steps in a row before the run stops.", {.at_least = 1});
  v.require(c.micro_batch == 0 || c.batch % c.micro_batch == 0, "train.batch must be a multiple of train.micro_batch");
}

}  // namespace chiasm
