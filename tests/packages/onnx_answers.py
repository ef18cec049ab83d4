# SPDX-License-Identifier: Apache-2.0
"""What ONNX Runtime makes of an exported model, against the answer that the file holds: scripts/test_package runs it.

onnx_answers.py MODEL.onnx PACKAGE RUN_JS: the npm package onnxruntime-node and the script that runs it (tests/peers/onnxruntime).
"""
import base64
import json
import subprocess
import sys

import numpy as np
import onnx

path, package, script = sys.argv[1:]
model = onnx.load(path)
texts = {entry.key: entry.value for entry in model.metadata_props}


def checked(name):
    return np.frombuffer(base64.b64decode(texts[f"check.{name}"]), "<f4").reshape(json.loads(texts[f"check.{name}.shape"]))


(given,) = [value.name for value in model.graph.input]
images = checked(given)
request = {
    "model": base64.b64encode(model.SerializeToString()).decode(),
    "feeds": {given: {"type": "float32", "shape": images.shape, "values": images.ravel().tolist()}},
    "all": True,
}
done = subprocess.run(["node", script, package], input=json.dumps(request) + "\n", capture_output=True, text=True, check=True, timeout=300)
answer = json.loads(done.stdout)
if "error" in answer:
    sys.exit(answer["error"])
worst = 0.0
for name in [value.name for value in model.graph.output]:
    wanted = checked(name)
    computed = np.array(answer["outputs"][name]["values"], "f4").reshape(answer["outputs"][name]["shape"])
    worst = max(worst, float(np.abs(computed - wanted).max() / max(1.0, np.abs(wanted).max())))
print(f"{path}: off by {worst:.1e} of the largest value at most")
sys.exit(worst > 1e-4)
