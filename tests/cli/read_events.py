"""Writes the scalars of a run folder as TensorBoard reads them: {tag: [[step, value], ...]}.   usage: read_events.py RUN OUT.json"""
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
events.Reload()
scalars = {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(scalars, file)
