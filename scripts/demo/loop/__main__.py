# SPDX-License-Identifier: Apache-2.0
"""Demo of the closed loop on the local AWS: drift, retraining, comparison, approval, deployment.

Run by `make demo-loop`.

    python -m scripts.demo.loop
    python -m scripts.demo.loop --multi    # in the accounts of dev, staging and prod

Ends with exit status 0 only if the model's error has risen, and has fallen again without anybody's work but an
approval.
"""

from __future__ import annotations

from scripts.demo import demo_story
from scripts.demo.loop import single, stages

if __name__ == "__main__":
    raise SystemExit(demo_story.tell(single.run, globals(), in_stages=stages.run))
