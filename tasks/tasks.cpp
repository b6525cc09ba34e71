#include "tasks/tasks.h"

#include "tasks/captioning.h"
#include "tasks/classify.h"
#include "tasks/contrastive.h"
#include "tasks/masked_image.h"
#include "tasks/matching.h"
#include "tasks/report.h"
#include "tasks/segment.h"

namespace chiasm {

const TaskRegistry& tasks() {
  static const TaskRegistry list{
      entry<Task, TaskContext, MaskedImageConfig>("masked_image", "Pretraining: rebuild hidden patches of images."),
      entry<Task, TaskContext, ContrastiveConfig>("contrastive",
                                                  "Pretraining: tell partners from all others of the global batch (SigLIP)."),
      entry<Task, TaskContext, MatchingConfig>("matching", "Pretraining: tell a study's text from that of a study that looks alike."),
      entry<Task, TaskContext, CaptioningConfig>("captioning", "Pretraining: write the text from the other inputs."),
      entry<Task, TaskContext, ClassifyConfig>("classify", "Labels of a study, several at once, with unknown ones."),
      entry<Task, TaskContext, SegmentConfig>("segment", "A class for every voxel of an image."),
      entry<Task, TaskContext, ReportConfig>("report", "A text about the study, by beam search."),
  };
  return list;
}

}  // namespace chiasm
