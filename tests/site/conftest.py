"""Where pytest finds lib, and the fixtures."""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))

from lib.fixtures import *  # noqa: E402, F401, F403
