#include "scripts/commands.h"

namespace chiasm {

const std::vector<Command>& commands() {
  static const std::vector<Command> list{
      {"synth", "Write the built-in cohort: DICOM, reports, tables, masks, a data set file.",
       "chiasm synth --out cohort --patients 200 --seed 1", add_synth},
      {"scan", "Join the sources of a data set file and choose series: manifest and funnel.", "chiasm scan cohort/dataset.yaml", add_scan},
      {"convert", "DICOM series to NIfTI, one file a volume.", "chiasm convert study/ --out nifti", add_convert},
      {"deidentify", "DICOM files without identities, as DICOM files (PS3.15 annex E).",
       "chiasm deidentify export/ --out shared/ --key site.key", add_deidentify},
      {"ingest", "Data set to store: read, de-identify, check, write.", "chiasm ingest cohort/dataset.yaml --out store", add_ingest},
      {"check", "Verify a store: digests, geometry, labels, duplicates, leaks between parts.",
       "chiasm check store --split store.splits/main.json", add_check},
      {"split", "Patient-level split of a store.", "chiasm split store --seed 1 --stratify disease", add_split},
      {"tokenizer", "Train a SentencePiece model on the train part.",
       "chiasm tokenizer store --split store.splits/main.json --inputs findings,indication --out tokenizer.model", add_tokenizer},
      {"plan", "Say what a run will take: weights, steps, arithmetic, time, memory, disk; a few steps are measured.",
       "chiasm plan configs/demo/classify.yaml", add_plan},
      {"pretrain", "Train encoders and fusion from a run file.", "chiasm pretrain configs/demo/pretrain.yaml --out runs/pretrain",
       add_pretrain},
      {"finetune", "Train heads on an earlier run, or from scratch.", "chiasm finetune configs/demo/classify.yaml --out runs/classify",
       add_finetune},
      {"launch", "Run a verb on several local ranks.", "chiasm launch -n 2 -- pretrain configs/demo/pretrain.yaml --out runs/pretrain",
       add_launch},
      {"evaluate", "Figures with intervals, for every subset of inputs, beside baselines.", "chiasm evaluate runs/classify --split test",
       add_evaluate},
      {"export", "Run to bundle: safetensors, ONNX, TorchScript, with parity evidence.", "chiasm export runs/classify --out bundle",
       add_export},
      {"predict", "Run a bundle on DICOM studies or images.", "chiasm predict bundle study/ --out predictions", add_predict},
      {"inspect", "Say what a file or folder is.", "chiasm inspect store", add_inspect},
      {"prove", "Plant identities, run de-identification, search for what is left.", "chiasm prove deid", add_prove},
      {"config", "Explain, check or show run files.", "chiasm config explain", add_config},
  };
  return list;
}

}  // namespace chiasm
